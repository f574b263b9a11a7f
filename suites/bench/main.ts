// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { readAssets } from '../../harness/core/assets.ts';
import type { ProviderId } from '../../harness/providers/provider.ts';
import { measureCaptureReading } from './capture-reading.ts';
import { measureCharts } from './charts.ts';
import { measureFold } from './fold-memory.ts';
import { measureHttpRate } from './http-rate.ts';
import { harnessRun } from './harness-run.ts';
import { measureIdle } from './idle-observers.ts';
import { measureFill } from './registry-fill.ts';
import { median, spread } from './statistics.ts';
import { measureConnectRate, measureSinkStorm, measureStorm } from './storm.ts';

/**
 * `npm run bench [-- NAME ...]`: figures as ratios against a named alternative in the same run; of those that are named, else all. Nothing here
 * decides a test. Pairs alternate, so that a machine whose speed drifts does not favour one side.
 */
const REPO_ROOT = resolve(import.meta.dirname, '../..');
const PAIRS = 5;
const FEW_PAIRS = 3;

const assets = await readAssets(REPO_ROOT);
await using scratch = await mkdtempDisposable(join(tmpdir(), 'airgap-bench-'));

const MEASURES: Readonly<Record<string, () => Promise<unknown>>> = {
  ready,
  containers,
  whole,
  http,
  registry,
  charts,
  storm,
  captures,
  fold,
  idle,
};

const named = process.argv.slice(2);
const unknown = named.filter((name) => MEASURES[name] === undefined);
if (unknown.length > 0) {
  console.error(
    `there is no measure "${unknown.join('", "')}"; there are: ${Object.keys(MEASURES).join(', ')}`,
  );
  process.exitCode = 2;
} else {
  const found: Record<string, unknown> = {};
  for (const [name, measure] of Object.entries(MEASURES))
    if (named.length === 0 || named.includes(name)) found[name] = await measure();
  const results = join(REPO_ROOT, 'reports/out');
  await mkdir(results, { recursive: true });
  await writeFile(join(results, 'bench.json'), `${JSON.stringify(found, null, 2)}\n`);
}

async function ready(): Promise<unknown> {
  console.log(
    `node Ready, ${PAIRS} alternating pairs: plain script, harness (gap, observers and first canaries included)`,
  );
  const plain: number[] = [];
  const harness: number[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    plain.push(await plainReadyMs());
    harness.push(await provisionMs('netns', `ready-${pair}`));
    console.log(`  ${plain.at(-1)} ms   ${harness.at(-1)?.toFixed(0)} ms`);
  }
  console.log(`  ratio harness/plain: ${ratio(harness, plain)}; aim 1.15`);
  return { plain, harness };
}

async function containers(): Promise<unknown> {
  console.log(
    `node Ready, ${PAIRS} alternating pairs: netns, container (its engine running, its image imported)`,
  );
  await provisionMs('container', 'warm');
  const found: { netns: number[]; container: number[] } = { netns: [], container: [] };
  for (let pair = 0; pair < PAIRS; pair += 1) {
    found.netns.push(await provisionMs('netns', `${pair}`));
    found.container.push(await provisionMs('container', `${pair}`));
    console.log(`  ${found.netns.at(-1)?.toFixed(0)} ms   ${found.container.at(-1)?.toFixed(0)} ms`);
  }
  console.log(`  ratio container/netns: ${ratio(found.container, found.netns)}; aim 1.30`);
  return found;
}

async function whole(): Promise<unknown> {
  console.log('whole run on examples/clean, by phase');
  const { report } = await harnessRun(assets, join(scratch.path, 'whole'), 'restart');
  for (const [phase, ms] of Object.entries(report.timings))
    console.log(`  ${phase.padEnd(10)} ${(ms / 1000).toFixed(1)} s`);
  console.log('  aims: total <= 60 s, teardown <= 2 s');
  return report.timings;
}

async function http(): Promise<unknown> {
  console.log(`HTTP rate inside the cluster, ${FEW_PAIRS} turns with observers on, then off`);
  const { on, off } = await measureHttpRate(assets, join(scratch.path, 'http'), FEW_PAIRS);
  console.log(
    `  on ${median(on).toFixed(0)}/s (${spread(on)}), off ${median(off).toFixed(0)}/s (${spread(off)})`,
  );
  console.log(`  ratio on/off: ${(median(on) / median(off)).toFixed(2)}; aim 0.95`);
  return { on, off };
}

async function registry(): Promise<unknown> {
  console.log(
    `1 GiB of layers into the site's registry, ${FEW_PAIRS} alternating pairs: plain copy, registry`,
  );
  const { copy, fill } = await measureFill(scratch.path, FEW_PAIRS);
  for (const [index, ms] of copy.entries())
    console.log(`  ${ms.toFixed(0)} ms   ${fill[index]?.toFixed(0)} ms`);
  console.log(`  speed against plain copy: ${ratio(copy, fill)}; aim 0.5`);
  return { copy, fill };
}

async function charts(): Promise<unknown> {
  console.log(
    `three Deployments until available, ${FEW_PAIRS} alternating pairs: plain manifests, the same as three charts`,
  );
  const took = await measureCharts(assets, join(scratch.path, 'charts'), FEW_PAIRS);
  for (const [index, ms] of took.manifests.entries())
    console.log(`  ${ms.toFixed(0)} ms   ${took.charts[index]?.toFixed(0)} ms`);
  console.log(`  ratio charts/manifests: ${ratio(took.charts, took.manifests)}`);
  return took;
}

async function storm(): Promise<unknown> {
  console.log('a storm of 50,000 connects a second for 10 s from four processes, traced');
  const found = await measureStorm(50_000, 10);
  const { sent, counted, lost, sightings, seconds } = found;
  console.log(
    `  sent ${sent} in ${seconds.toFixed(1)} s, counted ${counted}, lost ${lost}, sightings ${sightings}; aim: counted = sent, lost 0`,
  );
  const { on, off } = await measureConnectRate();
  console.log(
    `  one process as fast as it can: ${on.toFixed(0)}/s traced, ${off.toFixed(0)}/s not; ratio on/off ${(on / off).toFixed(2)}`,
  );
  const trap = await measureSinkStorm(10_000);
  console.log(
    `  10,000 connections to the sink as fast as four processes make them: ${trap.seconds.toFixed(1)} s, counted ${trap.counted}, lost ${trap.lost}`,
  );
  return { ...found, on, off, trap };
}

async function captures(): Promise<unknown> {
  console.log(`reading one generated capture, ${PAIRS} alternating pairs: guarded, pcap-parser bare`);
  const { guarded, bare, tshark } = await measureCaptureReading(scratch.path, PAIRS);
  for (const [index, ms] of guarded.entries())
    console.log(`  ${ms.toFixed(0)} ms   ${bare[index]?.toFixed(0)} ms`);
  console.log(`  ratio guarded/bare: ${ratio(guarded, bare)}; aim 1.20`);
  console.log(
    tshark === null
      ? '  tshark is not here: no figure against it'
      : `  tshark ${tshark.toFixed(0)} ms: ${(tshark / median(guarded)).toFixed(0)} times as long; aim 30`,
  );
  return { guarded, bare, tshark };
}

async function idle(): Promise<unknown> {
  const share = await measureIdle(assets, join(scratch.path, 'idle'), 20);
  console.log(`all that watches, while nothing happens: ${(share * 100).toFixed(1)} % of a core; aim 3 %`);
  return share;
}

async function fold(): Promise<unknown> {
  const events = 1_000_000;
  const found = await Promise.resolve(measureFold(events));
  console.log(
    `the fold after ${events} events: ${found.mib.toFixed(0)} MiB, ${found.seconds.toFixed(1)} s, ${found.attempts} attempts`,
  );
  return found;
}

/** Median and spread of the ratios of each pair. */
function ratio(above: readonly number[], below: readonly number[]): string {
  const ratios = above.map((value, index) => value / (below[index] ?? Number.NaN));
  return `median ${median(ratios).toFixed(2)} (${spread(ratios)})`;
}

/** Milliseconds until a node of the harness is Ready, with gap, observers and first canaries. */
async function provisionMs(provider: ProviderId, name: string): Promise<number> {
  const out = join(scratch.path, `${provider}-${name}`);
  const { report } = await harnessRun(assets, out, 'provision', { provider });
  return report.timings['provision'] ?? Number.NaN;
}

async function plainReadyMs(): Promise<number> {
  const script = join(import.meta.dirname, 'plain-node.sh');
  const [archive = ''] = assets.k3s.images;
  const { stdout } = await promisify(execFile)(script, [assets.k3s.binary, archive, assets.nodeImage]);
  return Number(stdout);
}
