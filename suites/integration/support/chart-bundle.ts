// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { Assets } from '../../../harness/core/assets.ts';
import { writeImageArchive } from '../../../infra/images/build-image.ts';
import type { Report } from '../../../harness/core/report.ts';
import { type ChartSource, packedChart } from '../../support/packed-chart.ts';

/** The node agent as an image: it listens for TCP, asks and waits. */
export const TOOLS = 'registry.shop.example/shop/tools:1';
const PROGRAM = '/bin/airgap-node';
const HOOK = 'helm.sh/hook';

/** Container that runs one of the agent's commands. */
export function container(...command: readonly string[]): object {
  return {
    name: 'main',
    image: TOOLS,
    imagePullPolicy: 'IfNotPresent',
    command: [PROGRAM, ...command],
  };
}

/** A Job as a hook of a release: `pre-install`, `test` ... */
export function hookJob(name: string, hook: string, main: object, annotations: object = {}): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, annotations: { [HOOK]: hook, ...annotations } },
    spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers: [main] } } },
  };
}

/** A Deployment whose pod waits; `replicas` is the chart's value. */
export function deployment(name: string, main: object = container('pause')): string {
  return stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 'REPLICAS',
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [main] } },
    },
  }).replace('REPLICAS', '{{ .Values.replicas }}');
}

/** A chart with a Deployment, and what is added to it. */
export function chartFiles(name: string, more: ChartSource = {}): ChartSource {
  return {
    'Chart.yaml': stringify({ apiVersion: 'v2', name, version: '1.2.3' }),
    'values.yaml': 'replicas: 1\n',
    'templates/deployment.yaml': deployment(name),
    ...more,
  };
}

export function packed(name: string, more: ChartSource = {}): Buffer {
  return packedChart(name, chartFiles(name, more));
}

/** Writes files below a folder, with the tools image in images/. */
export async function writeChartBundle(dir: string, files: ChartSource, assets: Assets): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), content);
  }
  await mkdir(join(dir, 'images'), { recursive: true });
  const layer = { entries: [{ path: PROGRAM.slice(1), from: assets.agent, mode: 0o755 }] };
  await writeImageArchive(join(dir, 'images/tools.tar'), [{ references: [TOOLS], layers: [layer] }], {
    format: 'docker-archive',
  });
}

/** `result: message` of a check of a report. */
export function checkOf(report: Report, id: string): string {
  const found = report.checks.find((one) => one.id === id);
  return `${found?.result}: ${found?.message}`;
}
