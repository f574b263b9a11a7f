// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { verifyGap } from '../../../harness/gap/verify-gap.ts';
import { planCanaries } from '../../../harness/observe/canary/plan.ts';
import { runNodeCanaries } from '../../../harness/observe/canary/run.ts';
import { startCapture } from '../../../harness/observe/capture/start-capture.ts';
import { startDns } from '../../../harness/observe/dns/start-dns.ts';
import { startRoutes } from '../../../harness/observe/routes/start-routes.ts';
import type { RunningObserver } from '../../../harness/core/observer.ts';
import { remainsOf } from '../providers/remains.ts';
import { judgedCanaries } from '../../support/judged-canaries.ts';
import { needs } from '../support/needs.ts';
import { connectScript } from '../provider-contract/connect-script.ts';
import { openVmSite, sh, type VmSite } from './fixture.ts';

const AGENT = '/run/airgap/airgap-node';
const DISK_MIB = 20 * 1024;
const TWO_YEARS_MS = 2 * 365 * 24 * 3600 * 1000;

// One guest for all: each `it` says one promise, in the order of a node's life. Its clock is two years ahead all the while.
describe('a node that is a virtual machine', function () {
  this.timeout(600_000);
  let site: VmSite;
  const observers: RunningObserver[] = [];

  before(async function () {
    needs(this, 'root', 'netns', 'vm');
    const began = performance.now();
    site = await openVmSite({ diskMiB: DISK_MIB, clockAheadMs: TWO_YEARS_MS });
    console.log(`      it could be watched after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  });
  after(async () => {
    for (const observer of observers.toReversed()) await observer[Symbol.asyncDispose]();
    await site?.[Symbol.asyncDispose]();
  });

  it('has a kernel, a machine id and clocks of its own, and says so', async () => {
    const { node } = site;
    expect(node.limits.find(({ id }) => id === 'vm-kernel')?.message).to.match(
      /kernel 6\.\S+, machine id [0-9a-f]{32}$/,
    );
    expect(node.launcherTid).to.equal(null);
    expect(node.vantage.isLocal).to.equal(false);
    expect(node.clock.offsets.errorNs).to.be.within(1, 500_000_000);
  });

  it('waits without a network until it is booted', async () => {
    const { node } = site;
    await using asked = node.vantage.spawn(['ip', '-brief', 'link', 'show', 'eth0']);
    expect(await text(asked.stdout)).to.match(/^eth0 +DOWN/);
  });

  it('is booted when it is watched, and the gap holds', async () => {
    const { node, gap, session, atNode, atSink } = site;
    observers.push(
      ...(await Promise.all([
        startCapture({ ...atSink, id: 'link', netns: gap.netns.sink, device: gap.link.sinkInterface }),
        startCapture({ ...atSink, id: 'witness', netns: gap.netns.witness, device: 'eth0' }),
        startDns({ ...atSink, netns: gap.netns.sink, addresses: ['10.99.0.2', 'fd99::2'] }),
        startRoutes({ ...atNode, label: session.label, launcherTid: node.launcherTid }),
      ])),
    );
    await node.boot();
    await verifyGap(node, gap);
    expect(await sh(node, 'ip -4 route show default; ip -6 route show default')).to.equal('');
    expect(await sh(node, 'cat /etc/resolv.conf; hostname')).to.equal('nameserver 10.99.0.2\nn1');
  });

  it('has a clock of its own, two years ahead, while what is seen has this machine’s time', async () => {
    const { node, log, atNode } = site;
    const aheadMs = Number(node.clock.offsets.realtime / 1_000_000n);
    expect(aheadMs).to.be.within(TWO_YEARS_MS - 300_000, TWO_YEARS_MS + 300_000);
    const before = atNode.clock.now();
    const said = await sh(node, `date +%s; ${connectScript('203.0.113.21', 443)}`);
    const [seconds] = said.split('\n'); // what the connection met follows
    const after = atNode.clock.now();
    expect(Number(seconds) * 1000 - Date.now()).to.be.within(TWO_YEARS_MS - 300_000, TWO_YEARS_MS + 300_000);
    for (const observer of observers) await observer.flush();
    const [sighting, ...others] = log.of('sighting').filter(({ to }) => to.address === '203.0.113.21');
    expect(others).to.deep.equal([]);
    const { errorNs } = node.clock;
    expect(sighting?.at).to.be.within(before - errorNs, after + errorNs);
  });

  it('has a disk of the size that was asked for', async () => {
    const [mib] = (await sh(site.node, 'df --output=size -BM / | tail -1')).split('M');
    expect(Number(mib)).to.be.within(DISK_MIB * 0.95, DISK_MIB);
  });

  it('runs programs: exit code, streams, standard input, time-out', async () => {
    const { node } = site;
    const script = 'cat; echo out; echo err >&2; exit 7';
    expect(await node.exec(['sh', '-c', script], { stdin: 'in\n' })).to.include({
      exitCode: 7,
      stdout: 'in\nout\n',
      stderr: 'err\n',
    });
    const late = await node.exec(['sleep', '60'], { timeoutMs: 2000 });
    expect(late).to.include({ timedOut: true, signal: 'SIGKILL' });
  });

  it('takes files with their mode, gives them back, and has the bound ones read-only', async () => {
    const { node } = site;
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-vm-files-'));
    await writeFile(join(dir.path, 'a'), 'x'.repeat(300_000), { mode: 0o750 });
    await node.upload(join(dir.path, 'a'), '/opt/a');
    expect(await sh(node, 'stat -c "%a %s %U" /opt/a')).to.equal('750 300000 root');
    await node.download('/opt/a', join(dir.path, 'b'));
    expect((await stat(join(dir.path, 'b'))).size).to.equal(300_000);
    expect(await sh(node, 'cat /opt/bound/package.json')).to.equal(
      (await readFile('package.json', 'utf8')).trim(),
    );
    expect((await node.exec(['sh', '-c', 'echo x >>/opt/bound/package.json'])).exitCode).to.not.equal(0);
  });

  it('shows each canary to whom it should: look-ups from inside with their process, raw frames on the link', async () => {
    const { node, gap, log } = site;
    const plan = planCanaries({ place: 'node', stage: 'boot', link: gap.link });
    await runNodeCanaries(node, plan, { log, signal: new AbortController().signal });
    for (const observer of observers) await observer.flush();
    const sightings = log.of('sighting');
    for (const { kind, to, result, seen, expected } of judgedCanaries(log)) {
      // What the guest's kernel refuses is no fault; the fold of a run joins names with questions.
      if (result === 'unavailable' || to.includes('canary.test')) continue;
      expect(seen, kind).to.deep.equal(expected);
    }
    const tasks = new Map(log.of('task').map((task) => [task.key, task]));
    // Of the canaries: what was connected to before, and the looks at the gap, are somebody else's.
    const routes = sightings.filter(
      ({ observer, to: { address, port, name } }) =>
        observer === 'routes' &&
        name === undefined &&
        plan.some(({ to }) => to.port !== undefined && to.address === address && to.port === port),
    );
    expect(routes).to.not.deep.equal([]);
    const culprits = routes.map(({ task }) => tasks.get(task ?? '')?.exe);
    expect(new Set(culprits)).to.deep.equal(new Set([AGENT]));
    expect(sightings.filter(({ observer }) => observer === 'witness')).to.deep.equal([]);
    const health = log.of('health').filter(({ observer }) => observer === 'routes');
    expect(health.at(-1)?.lost).to.equal(0);
  });

  it('keeps its disk through a power cut, and its clock is measured anew', async () => {
    const { node } = site;
    await sh(node, 'echo kept >/var/lib/kept; sync; echo gone >/run/gone');
    const before = await sh(node, 'cat /proc/sys/kernel/random/boot_id /etc/machine-id');
    const error = node.clock.offsets;
    for (const observer of observers.splice(0).toReversed()) await observer[Symbol.asyncDispose]();
    const links: string[] = [];
    node.onReboot({
      waits: async () => {
        await using asked = node.vantage.spawn(['ip', '-brief', 'link', 'show', 'eth0']);
        links.push(await text(asked.stdout));
      },
    });
    const began = performance.now();
    await node.reboot();
    console.log(`      power cut to booted: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    const after = await sh(node, 'cat /proc/sys/kernel/random/boot_id /etc/machine-id');
    expect(after.split('\n')[0]).to.not.equal(before.split('\n')[0]);
    expect(after.split('\n')[1]).to.equal(before.split('\n')[1]);
    expect(await sh(node, 'cat /var/lib/kept; ls /run/gone 2>/dev/null || echo no')).to.equal('kept\nno');
    expect(node.clock.offsets.monotonic).to.not.equal(error.monotonic);
    expect(links.join()).to.match(/^eth0 +DOWN/); // who watches was called while it waited
  });

  it('leaves nothing', async () => {
    const { label } = site.session;
    await site[Symbol.asyncDispose]();
    expect(await remainsOf(label)).to.deep.equal([]);
  });
});
