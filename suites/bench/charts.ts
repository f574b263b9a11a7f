// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Assets } from '../../harness/core/assets.ts';
import { chartFiles, deployment, writeChartBundle } from '../integration/support/chart-bundle.ts';
import { harnessRun } from './harness-run.ts';

const NAMES = ['one', 'two', 'three'] as const;

/**
 * How long the same three Deployments take from the begin of the phase `install` until all are available: as plain manifests, as charts that helm
 * installs one after the other and waits for, as people do it; alternating, in milliseconds.
 */
export async function measureCharts(
  assets: Assets,
  dir: string,
  turns: number,
): Promise<{ manifests: number[]; charts: number[] }> {
  const plain = join(dir, 'manifests');
  const packed = join(dir, 'charts');
  for (const name of NAMES) {
    const text = deployment(name)
      .replace('{{ .Values.replicas }}', '1')
      .replace('name:', 'namespace: default\n  name:');
    await write(join(plain, `manifests/${name}.yaml`), text);
    for (const [path, content] of Object.entries(chartFiles(name)))
      await write(join(packed, `charts/${name}/${path}`), content);
  }
  for (const bundle of [plain, packed]) await writeChartBundle(bundle, {}, assets);
  const took = { manifests: [] as number[], charts: [] as number[] };
  for (let turn = 0; turn < turns; turn += 1) {
    took.manifests.push(await upMs(assets, plain, join(dir, `run-m-${turn}`)));
    took.charts.push(await upMs(assets, packed, join(dir, `run-c-${turn}`)));
  }
  return took;
}

/** The quiet time after all are available is the same for both, and taken off. */
async function upMs(assets: Assets, bundle: string, outDir: string): Promise<number> {
  const { report } = await harnessRun(assets, outDir, 'settle', { bundle, quietMs: QUIET_MS });
  const { install = Number.NaN, settle = Number.NaN } = report.timings;
  return install + settle - QUIET_MS;
}

const QUIET_MS = 1000;

async function write(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
