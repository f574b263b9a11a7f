// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { airgap, leftovers, readReport } from '../support/airgap.ts';
import { needs } from '../support/needs.ts';

const NO_TRACEFS = 'mount -t tmpfs -o ro tmpfs /sys/kernel/tracing';
/** What is asked for here was seen by then: no restart of all pods, no second proof. */
const UNTIL_SETTLED = ['--grep', '^(provision|prove every|install|settle|attempts)'];
const NO_TCPDUMP = 'mount --bind /dev/null "$(command -v tcpdump)"';

/** The command line on a machine that lacks something: in a mount namespace of its own something else lies over it. */
function without(hide: string, args: readonly string[]): ReturnType<typeof airgap> {
  const script = `${hide} && exec "$@"`;
  return airgap(args, {}, ['unshare', '--mount', '--', 'bash', '-ec', script, 'bash']);
}

/** A run there. */
function run(
  hide: string,
  bundle: string,
  provider: string,
  out: string,
  ...more: readonly string[]
): ReturnType<typeof airgap> {
  return without(hide, ['test', `examples/${bundle}`, '--provider', provider, '--out', out, ...more]);
}

describe('a machine that cannot watch everything', function degraded() {
  this.timeout(600_000);
  before(function () {
    needs(this, 'root', 'netns', 'k3s');
  });

  it('is told by doctor: what a run is without, and what that loses', async () => {
    const { exitCode, stdout } = await without(NO_TRACEFS, ['doctor']);
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/^routing-tracepoints +less +less /m);
    expect(stdout).to.contain('netns: a run works here, but without routes');
    expect(stdout).to.contain('No process is known');
    const json = JSON.parse((await without(NO_TRACEFS, ['doctor', '--json'])).stdout) as {
      providers: { id: string; without: { observer: string }[] }[];
    };
    const netns = json.providers.find(({ id }) => id === 'netns');
    expect(netns?.without.map(({ observer }) => observer)).to.deep.equal(['routes']);
  });

  it('ends with exit code 3 before anything starts where attribution is required', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-degraded-'));
    const out = join(dir.path, 'run');
    const { exitCode, stderr } = await run(NO_TRACEFS, 'clean', 'netns', out, '--require', 'attribution');
    expect(exitCode).to.equal(3);
    expect(stderr).to.contain('cannot watch nodes as --require asks on this machine: routing-tracepoints');
    expect(existsSync(out)).to.equal(false);
  });

  it('gives no READY for a clean bundle: exit code 3, with what nobody could see', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-degraded-'));
    const before = await leftovers();
    const out = join(dir.path, 'run');
    const { exitCode, all } = await run(NO_TRACEFS, 'clean', 'netns', out);
    expect(exitCode, all).to.equal(3);
    expect(all).to.contain('tcp4: no observer of this run can see it');
    const report = await readReport(out);
    expect(report.attempts).to.deep.equal([]);
    expect(report.reasons.map(({ kind }) => kind)).to.deep.equal(['unproven']);
    expect(report.reasons[0]?.message).to.contain('Without routes nobody can see some attempts');
    expect(report.limits[0]?.id).to.equal('without-routes');
    expect(report.observers.find(({ id }) => id === 'routes')?.status).to.equal('missing');
    const results = new Set(report.canaries.map(({ result }) => result));
    results.delete('unavailable'); // ping sockets, where the kernel's default holds
    expect([...results].toSorted()).to.deep.equal(['pass', 'unseeable']);
    expect((await leftovers()).filter((thing) => !before.includes(thing))).to.deep.equal([]);
  });

  for (const provider of ['netns', 'container'] as const) {
    it(`finds the leaks of a leaky bundle that make packets, on ${provider}: exit code 1`, async function leaky() {
      if (provider === 'container') needs(this, 'container');
      await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-degraded-'));
      const out = join(dir.path, 'run');
      const { exitCode, all } = await run(NO_TRACEFS, 'leaky', provider, out, ...UNTIL_SETTLED);
      expect(exitCode, all).to.equal(1);
      const { attempts, reasons } = await readReport(out);
      const owners = attempts.map(({ source }) => source.owner);
      expect(owners).to.include.members(['Deployment/hard-coded-ipv4', 'Deployment/public-dns']);
      expect(attempts.filter(({ source }) => source.process.exe !== null)).to.deep.equal([]);
      expect(reasons.filter(({ kind }) => kind === 'fault')).to.deep.equal([]);
    });
  }

  it('nor a READY without tcpdump: nobody watched behind the gap', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-degraded-'));
    const out = join(dir.path, 'run');
    const { exitCode, all } = await run(NO_TCPDUMP, 'clean', 'netns', out);
    expect(exitCode, all).to.equal(3);
    const { reasons, limits, attempts } = await readReport(out);
    expect(attempts).to.deep.equal([]);
    expect(reasons.map(({ kind }) => kind)).to.deep.equal(['unproven', 'unproven']);
    expect(reasons.map(({ message }) => message).join('\n'))
      .to.contain('packet4')
      .and.contain('behind the gap');
    const lost = limits.map(({ id }) => id).filter((id) => id.startsWith('without-'));
    expect(lost).to.deep.equal(['without-link', 'without-cni', 'without-witness']);
  });
});
