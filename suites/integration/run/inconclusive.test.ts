// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { airgap, leftovers, phaseBegins, readReport } from '../support/airgap.ts';
import { needs } from '../support/needs.ts';

/** Pids of descendants of `root` whose command line matches. */
async function descendants(root: number, pattern: RegExp): Promise<number[]> {
  const parents = new Map<number, number>();
  const lines = new Map<number, string>();
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'latin1').catch(() => '');
    const ppid = /^\d+ \(.*\) \S (\d+)/s.exec(stat)?.[1];
    if (ppid === undefined) continue;
    parents.set(pid, Number(ppid));
    lines.set(pid, (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' '));
  }
  const isBelow = (pid: number): boolean => {
    for (let at: number | undefined = parents.get(pid); at !== undefined && at > 1; at = parents.get(at))
      if (at === root) return true;
    return false;
  };
  return [...lines].filter(([pid, line]) => pattern.test(line) && isBelow(pid)).map(([pid]) => pid);
}

describe('what could not be proven is inconclusive', function inconclusive() {
  this.timeout(600_000);
  before(function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s');
  });

  it('with forwarding turned on the witness sees the canary, and nothing of the bundle starts', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-open-'));
    const before = await leftovers();
    const out = join(dir.path, 'run');
    const { exitCode, all } = await airgap([
      'test',
      'examples/clean',
      '--out',
      out,
      '--inject-fault',
      'sink-forwarding',
    ]);
    expect(exitCode, all).to.equal(3);
    const report = await readReport(out);
    expect(report.verdict).to.equal('inconclusive');
    expect(report.reasons.map(({ message }) => message).join('\n')).to.contain('witness');
    expect(
      report.phases.filter(({ phase }) => phase === 'install').map(({ status }) => status),
    ).to.deep.equal(['not-run']);
    expect((await leftovers()).filter((thing) => !before.includes(thing))).to.deep.equal([]);
  });

  for (const [observer, pattern] of [
    ['dns', /observe\/dns\/server\.ts/],
    ['link', /tcpdump .*\bnode0\b/],
    ['routes', /trace_pipe/],
  ] as const) {
    it(`observer ${observer} killed in the middle: exit code 3, and the report says which`, async () => {
      await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-blind-'));
      const out = join(dir.path, 'run');
      const run = airgap(['test', 'examples/clean', '--out', out]);
      await phaseBegins(out, 'settle');
      const victims = await descendants(run.pid ?? 0, pattern);
      for (const pid of victims) process.kill(pid, 'SIGKILL');
      const { exitCode, all } = await run;
      expect(victims, 'no process of that observer was found').not.to.deep.equal([]);
      expect(exitCode, all).to.equal(3);
      const report = await readReport(out);
      expect(report.verdict).to.equal('inconclusive');
      expect(report.reasons.map(({ message }) => message).join('\n')).to.match(
        new RegExp(`\\b${observer}\\b`),
      );
    });
  }
});
