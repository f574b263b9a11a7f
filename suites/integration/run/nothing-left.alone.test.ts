// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { airgap, leftovers, phaseBegins, readReport } from '../support/airgap.ts';
import { needs } from '../support/needs.ts';

/** Spread over a run on examples/clean: dense while the site is being made, then through install, settle and checks. */
const MOMENTS_MS = [
  150, 300, 450, 600, 800, 1000, 1250, 1500, 1800, 2100, 2500, 3000, 3600, 4500, 6000, 8000, 11_000, 15_000,
  24_000, 32_000,
];
const HOST_SYSCTLS = ['vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops', 'vm/max_map_count'];

async function sysctls(): Promise<string[]> {
  return await Promise.all(
    HOST_SYSCTLS.map(async (name) => `${name}=${(await readFile(`/proc/sys/${name}`, 'utf8')).trim()}`),
  );
}

describe('nothing is left', function nothingLeft() {
  this.timeout(900_000);
  let before: string[];
  let host: string[];
  beforeEach(async function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s');
    before = await leftovers();
    host = await sysctls();
  });

  it(`a run killed at ${MOMENTS_MS.length} different moments is swept away whole`, async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-killed-'));
    const found: string[] = [];
    for (const [index, moment] of MOMENTS_MS.entries()) {
      const run = airgap(['test', 'examples/clean', '--out', join(dir.path, `run-${index}`)]);
      await Promise.race([sleep(moment), run]);
      run.kill('SIGKILL');
      await run;
      const swept = await airgap(['sweep']);
      expect(swept.exitCode, swept.all).to.equal(0);
      const left = (await leftovers()).filter((thing) => !before.includes(thing));
      if (left.length > 0) found.push(`after ${moment} ms: ${left.join(', ')}`);
    }
    expect(found).to.deep.equal([]);
    expect(await sysctls()).to.deep.equal(host);
  });

  it('a sweep beside two living runs touches nothing of them: both are ready', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-two-'));
    const outs = [join(dir.path, 'a'), join(dir.path, 'b')];
    const runs = outs.map((out) => airgap(['test', 'examples/clean', '--out', out]));
    const sweeper = (async () => {
      for (let i = 0; i < 8; i += 1) {
        await sleep(3000);
        await airgap(['sweep']);
      }
    })();
    const results = await Promise.all(runs);
    await sweeper;
    for (const { exitCode, all } of results) expect(exitCode, all).to.equal(0);
    const ids = await Promise.all(outs.map(async (out) => (await readReport(out)).attempts));
    expect(ids).to.deep.equal([[], []]);
    expect((await leftovers()).filter((thing) => !before.includes(thing))).to.deep.equal([]);
  });

  for (const [signal, times] of [
    ['SIGINT', 2],
    ['SIGTERM', 1],
  ] as const) {
    it(`${signal}${times > 1 ? ' twice' : ''} ends the run with 130, a report, and nothing left`, async () => {
      await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-signal-'));
      const out = join(dir.path, 'run');
      const run = airgap(['test', 'examples/clean', '--out', out]);
      await phaseBegins(out, 'provision');
      await sleep(2000); // in the middle of it
      for (let i = 0; i < times; i += 1) {
        run.kill(signal);
        await sleep(1200);
      }
      const { exitCode, all } = await run;
      expect(exitCode, all).to.equal(130);
      expect((await readReport(out)).verdict).to.equal('inconclusive');
      expect((await leftovers()).filter((thing) => !before.includes(thing))).to.deep.equal([]);
      expect(await sysctls()).to.deep.equal(host);
    });
  }
});
