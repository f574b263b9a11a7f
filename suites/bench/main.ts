// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { readAssets } from '../../harness/core/assets.ts';
import type { Report } from '../../harness/core/report.ts';
import { measureHttpRate } from './http-rate.ts';
import { harnessRun } from './harness-run.ts';
import { measureFill } from './registry-fill.ts';
import { median, spread } from './statistics.ts';

/**
 * `npm run bench`: figures as ratios against a named alternative in the same run. Nothing here decides a test.
 * Pairs alternate, so that a machine whose speed drifts does not favour one side.
 */
const REPO_ROOT = resolve(import.meta.dirname, '../..');
const PAIRS = 5;
const HTTP_PAIRS = 3;

const assets = await readAssets(REPO_ROOT);
await using scratch = await mkdtempDisposable(join(tmpdir(), 'airgap-bench-'));

console.log(
  `node Ready, ${PAIRS} alternating pairs: plain script, harness (gap, observers and first canaries included)`,
);
const plain: number[] = [];
const harness: number[] = [];
for (let pair = 0; pair < PAIRS; pair += 1) {
  plain.push(await plainReadyMs());
  const { report } = await harnessRun(assets, join(scratch.path, `ready-${pair}`), 'provision');
  harness.push(report.timings['provision'] ?? Number.NaN);
  console.log(`  ${plain.at(-1)} ms   ${harness.at(-1)?.toFixed(0)} ms`);
}
const ratios = harness.map((value, index) => value / (plain[index] ?? Number.NaN));
console.log(`  ratio harness/plain: median ${median(ratios).toFixed(2)} (${spread(ratios)}); aim 1.15`);

console.log('whole run on examples/clean, by phase');
const whole: Report = (await harnessRun(assets, join(scratch.path, 'whole'), 'restart')).report;
for (const [phase, ms] of Object.entries(whole.timings))
  console.log(`  ${phase.padEnd(10)} ${(ms / 1000).toFixed(1)} s`);
console.log('  aims: total <= 60 s, teardown <= 2 s');

console.log(`HTTP rate inside the cluster, ${HTTP_PAIRS} turns with observers on, then off`);
const { on, off } = await measureHttpRate(assets, join(scratch.path, 'http'), HTTP_PAIRS);
console.log(
  `  on ${median(on).toFixed(0)}/s (${spread(on)}), off ${median(off).toFixed(0)}/s (${spread(off)})`,
);
console.log(`  ratio on/off: ${(median(on) / median(off)).toFixed(2)}; aim 0.95`);

console.log(
  `1 GiB of layers into the site's registry, ${HTTP_PAIRS} alternating pairs: plain copy, registry`,
);
const registry = await measureFill(scratch.path, HTTP_PAIRS);
for (const [index, copy] of registry.copy.entries())
  console.log(`  ${copy.toFixed(0)} ms   ${registry.fill[index]?.toFixed(0)} ms`);
const speeds = registry.copy.map((value, index) => value / (registry.fill[index] ?? Number.NaN));
console.log(`  speed against plain copy: ${median(speeds).toFixed(2)} (${spread(speeds)}); aim 0.5`);

const results = join(REPO_ROOT, 'reports/out');
await mkdir(results, { recursive: true });
await writeFile(
  join(results, 'bench.json'),
  `${JSON.stringify({ plain, harness, timings: whole.timings, http: { on, off }, registry }, null, 2)}\n`,
);

async function plainReadyMs(): Promise<number> {
  const script = join(import.meta.dirname, 'plain-node.sh');
  const [archive = ''] = assets.k3s.images;
  const { stdout } = await promisify(execFile)(script, [assets.k3s.binary, archive, assets.nodeImage]);
  return Number(stdout);
}
