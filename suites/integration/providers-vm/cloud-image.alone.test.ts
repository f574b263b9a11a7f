// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { readAssets } from '../../../harness/core/assets.ts';
import { HarnessError } from '../../../harness/core/errors.ts';
import type { RunningObserver } from '../../../harness/core/observer.ts';
import { verifyGap } from '../../../harness/gap/verify-gap.ts';
import { startCapture } from '../../../harness/observe/capture/start-capture.ts';
import { startRoutes } from '../../../harness/observe/routes/start-routes.ts';
import { readDiskImage } from '../../../harness/providers/vm/cloud-image/disk-image.ts';
import { prepareCloudImage } from '../../../harness/providers/vm/cloud-image/prepare-image.ts';
import { sha256Of } from '../../../harness/site/contract-record.ts';
import { connectScript } from '../provider-contract/connect-script.ts';
import { choose } from '../node-root/choose.ts';
import { needsDebianMirror } from '../node-root/debian-roots.ts';
import { leftovers } from '../support/airgap.ts';
import { needs, REPO_ROOT } from '../support/needs.ts';
import { type CloudDisks, cloudDisks } from './cloud-disks.ts';
import { openVmSite, sh, type VmSite } from './fixture.ts';

// One guest for all of the first: each `it` says one promise, in the order of its life.
describe('a virtual machine of a user’s cloud image', function () {
  this.timeout(1_200_000);
  let disks: CloudDisks;
  let cache: Awaited<ReturnType<typeof mkdtempDisposable>>;
  let site: VmSite;
  let prepared = '';
  let others: readonly string[];
  const observers: RunningObserver[] = [];

  before(async function () {
    needs(this, 'root', 'netns', 'vm', 'k3s');
    await needsDebianMirror(this);
    disks = await cloudDisks();
    cache = await mkdtempDisposable(join(tmpdir(), 'airgap-cloud-'));
    others = await leftovers();
  });
  after(async () => {
    for (const observer of observers.toReversed()) await observer[Symbol.asyncDispose]();
    await site?.[Symbol.asyncDispose]();
    await cache?.[Symbol.asyncDispose]();
  });

  it('is prepared once, by cloud-init; the image stays as it was, and nothing else is left', async () => {
    const digest = await sha256Of(disks.whole);
    const began = performance.now();
    const { root, facts } = await choose(disks.whole, cache.path, 'vm');
    console.log(`      prepared after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    expect(facts).to.deep.equal({
      from: 'cloud-image',
      path: disks.whole,
      digest: `sha256:${digest}`,
      os: 'Debian GNU/Linux 12 (bookworm)',
    });
    expect(await sha256Of(disks.whole)).to.equal(digest);
    expect(await leftovers()).to.deep.equal(others);
    const keys = await readdir(join(cache.path, 'cloud-images'));
    expect(keys).to.have.length(1);
    expect(root).to.equal(join(cache.path, 'cloud-images', keys[0] ?? ''));
    const again = performance.now();
    expect((await choose(disks.whole, cache.path, 'vm')).root).to.equal(root);
    console.log(`      the second time after ${((performance.now() - again) / 1000).toFixed(1)} s`);
    prepared = root;
  });

  it('starts by its own boot loader, and waits without a link', async function () {
    if (prepared === '') this.skip();
    const began = performance.now();
    site = await openVmSite({ image: prepared });
    console.log(`      it could be watched after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    const { node } = site;
    expect(node.limits.map(({ id }) => id)).to.include.members(['vm-kernel', 'cloud-init-before']);
    await using asked = node.vantage.spawn(['sh', '-c', 'cat /proc/cmdline; ip -brief link']);
    const [line, ...links] = (await text(asked.stdout)).trim().split('\n');
    expect(line).to.contain('root=LABEL=cloud').and.to.not.contain('net.ifnames');
    expect(links.map((link) => link.split(/ +/).slice(0, 2))).to.deep.equal([
      ['lo', 'UNKNOWN'],
      ['eth0', 'DOWN'],
    ]);
  });

  it('has the addresses of the plan and no others, though its own system asks for some by DHCP', async function () {
    if (site === undefined) this.skip();
    const { node, gap, session, atNode, atSink } = site;
    observers.push(
      await startCapture({ ...atSink, id: 'link', netns: gap.netns.sink, device: gap.link.sinkInterface }),
      await startRoutes({ ...atNode, label: session.label, launcherTid: node.launcherTid }),
    );
    await node.boot();
    await verifyGap(node, gap);
    await sh(node, 'until [ "$(systemctl is-active multi-user.target)" = active ]; do sleep 1; done');
    expect(await sh(node, 'systemctl is-active systemd-networkd')).to.equal('active');
    const shown = await sh(node, 'ip -brief address | grep -v "^lo "');
    expect(shown.replace(/ fe80::\S+/, '').split(/ +/)).to.deep.equal([
      'eth0',
      'UP',
      gap.link.node4,
      gap.link.node6,
    ]);
    expect(await sh(node, 'ip -4 route show default; ip -6 route show default')).to.equal('');
    expect(await sh(node, 'cat /etc/resolv.conf; hostname')).to.equal('nameserver 10.99.0.2\nn1');
  });

  it('is the image’s system, grown to the node’s disk, with a machine id of its own, and cloud-init is over', async function () {
    if (site === undefined) this.skip();
    const { node } = site;
    expect(await sh(node, '. /etc/os-release; echo "$VERSION_CODENAME"; cat /etc/hostname')).to.equal(
      'bookworm\nn1',
    );
    const [mib] = (await sh(node, 'df --output=size -BM / | tail -1')).split('M');
    expect(Number(mib)).to.be.greaterThan(15_000);
    const id = await sh(node, 'cat /etc/machine-id');
    expect(node.limits.find((limit) => limit.id === 'vm-kernel')?.message).to.contain(id);
    expect(await sh(node, 'systemctl is-active cloud-init.service || echo')).to.contain('inactive');
    expect(await sh(node, 'cat /opt/bound/package.json | head -1')).to.equal('{');
  });

  it('is seen when it reaches for something, and who did', async function () {
    if (site === undefined) this.skip();
    const { node, log } = site;
    await sh(node, connectScript('203.0.113.21', 443));
    for (const observer of observers) await observer.flush();
    const sighting = log.of('sighting').find(({ to }) => to.address === '203.0.113.21');
    expect(sighting?.observer).to.equal('routes');
    const task = log.of('task').find(({ key }) => key === sighting?.task);
    expect(task?.exe).to.equal('/usr/bin/perl');
  });

  it('comes back after a power cut, with its disk, its machine id and its addresses', async function () {
    if (site === undefined) this.skip();
    const { node, gap } = site;
    const id = await sh(node, 'echo kept >/var/lib/kept; sync; cat /etc/machine-id');
    for (const observer of observers.splice(0).toReversed()) await observer[Symbol.asyncDispose]();
    const began = performance.now();
    await node.reboot();
    console.log(`      power cut to booted: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    expect(await sh(node, 'cat /var/lib/kept /etc/machine-id')).to.equal(`kept\n${id}`);
    await verifyGap(node, gap);
  });

  const prepare = async (path: string, limitMs: number): Promise<HarnessError> => {
    const { vm } = await readAssets(REPO_ROOT);
    const image = await readDiskImage(path);
    if (vm === undefined || image === null) throw new Error('unreachable: there are both');
    const digest = await sha256Of(path);
    const { signal } = new AbortController();
    const before = await leftovers(); // the machine of the tests above lives on
    const began = performance.now();
    const options = { path, image, digest, vm, needs: [], cache: cache.path, signal, limitMs };
    const error = await prepareCloudImage(options).catch((thrown: unknown) => thrown);
    console.log(`      refused after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    if (!(error instanceof HarnessError)) throw new Error('it was accepted', { cause: error });
    expect(error.code).to.equal('config');
    expect(await leftovers()).to.deep.equal(before);
    return error;
  };

  it('is refused at once when its disk has nothing to start', async () => {
    const disk = Buffer.alloc(2 ** 20);
    disk.set([0xcd, 0x18]); // int 0x18: a boot record tells the BIOS that it gives up
    disk.writeUInt16LE(0xaa55, 510);
    const path = join(cache.path, 'empty.raw');
    await writeFile(path, disk);
    const { message } = await prepare(path, 60_000);
    expect(message).to.equal(
      `the cloud image "${path}" could not be prepared: it switched itself off before it was prepared; its console said nothing`,
    );
  });

  it('is refused when no cloud-init is in the image: one error, with the end of the console', async () => {
    const { message, hint } = await prepare(disks.bare, 90_000);
    expect(message).to.contain(
      `"${disks.bare}" could not be prepared: its cloud-init gave no answer within 90 s`,
    );
    expect(message).to.match(/its console ended with\n\s+\S/);
    expect(hint).to.contain('NoCloud').and.to.contain(join(cache.path, 'logs'));
  });
});
