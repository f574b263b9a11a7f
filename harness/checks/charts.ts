// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { Bundle } from '../core/bundle.ts';
import { type Chart, CHART_TIMEOUT_SECONDS, chartLabel, placeInNode } from '../core/chart.ts';
import type { Check, CheckContext, CheckResult } from '../core/cluster.ts';
import { HarnessError } from '../core/errors.ts';
import { clipped } from '../core/printable.ts';
import { chartOf, helmChartsOf } from '../core/helm-chart.ts';
import { type Release, releasesOf } from '../core/releases.ts';
import { helmChartCheck } from './helm-chart-objects.ts';
import { reasonOfHelm, runHelm, transcript } from './helm.ts';
import { hopelessImage } from './hopeless-images.ts';
import { nothingToAsk, verdictOf } from './listing.ts';

/** helm's own messages may hold a page of nested errors. */
const LONGEST = 600;
/** helm's `--timeout` is for each of its steps (each hook, the waiting): a release takes at most so many times as long. */
const STEPS = 3;
const SPARE_MS = 60_000;
const LIST_MS = 60_000;

/** Where helm finds a chart in the node. An OCI artifact is put there as the packed chart that it holds. */
export function chartPlace(chart: Chart): string {
  return chart.form === 'oci-layout'
    ? placeInNode(`${chart.file}.d/${chartLabel(chart)}.tgz`)
    : placeInNode(chart.file);
}

/**
 * The checks that a bundle's charts and HelmChart objects bring: each release installed and deployed, and its tests. None when it has neither.
 */
export function chartChecks(bundle: Bundle): Check[] {
  const { charts } = bundle;
  const helmCharts = helmChartsOf(bundle);
  const releases = releasesOf(bundle);
  if (releases.length === 0) return [];
  const idOf = ({ name, namespace }: Pick<Release, 'name' | 'namespace'>): string => {
    const isAlone = releases.filter((one) => one.name === name).length === 1;
    return (isAlone ? name : `${namespace}-${name}`).replaceAll('.', '-');
  };
  const tested: Tested[] = [
    ...charts.filter(({ hasTests }) => hasTests).map(releaseOf),
    ...helmCharts
      .filter((one) => chartOf(one, bundle)?.hasTests === true)
      .map(({ name, target }) => ({ name, namespace: target, timeoutSeconds: CHART_TIMEOUT_SECONDS })),
  ];
  return [
    // before the charts, as manifests are applied before them
    ...helmCharts.map((one) =>
      helmChartCheck(one, `helmchart-${idOf({ name: one.name, namespace: one.target })}`),
    ),
    ...charts.map((chart) => installCheck(chart, `chart-${idOf(releaseOf(chart))}`)),
    releasesDeployed,
    ...tested.map((release) => testCheck(release, `helm-test-${idOf(release)}`)),
  ];
}

/** A release whose tests are run. */
type Tested = Pick<Release, 'name' | 'namespace'> & Pick<Chart, 'timeoutSeconds'>;

function releaseOf({ release, namespace, timeoutSeconds }: Chart): Tested {
  return { name: release, namespace, timeoutSeconds };
}

/** The arguments with which a chart is installed, as people do it. */
export function upgradeArguments(chart: Chart, pace: number): string[] {
  const { release, namespace, values, wait, timeoutSeconds, form } = chart;
  return [
    'upgrade',
    '--install',
    release,
    chartPlace(chart),
    '--namespace',
    namespace,
    '--create-namespace',
    ...(wait ? ['--wait'] : []),
    '--timeout',
    `${Math.ceil(timeoutSeconds * pace)}s`,
    // Of a folder helm can fetch the dependencies that are missing; of a packed chart it cannot, and says only that.
    ...(form === 'folder' ? ['--dependency-update'] : []),
    ...values.flatMap(({ file }) => ['--values', asListItem(placeInNode(file))]),
  ];
}

/** `--values` takes a list: Go's CSV reader takes a field in quotes as one. */
function asListItem(path: string): string {
  return /[,"]/.test(path) ? `"${path.replaceAll('"', '""')}"` : path;
}

function installCheck(chart: Chart, id: string): Check {
  const { release, namespace, timeoutSeconds } = chart;
  return {
    id,
    title: `chart ${chartLabel(chart)} is installed as release ${release}`,
    phase: 'install',
    installs: true,
    deadlineMs: timeoutSeconds * 1000 * STEPS + 2 * SPARE_MS,
    async run(context) {
      const { cluster } = context;
      const { pace } = cluster.node;
      const args = upgradeArguments(chart, pace);
      const over = new AbortController();
      const signal = AbortSignal.any([context.signal, over.signal]);
      const interrupt = chart.wait ? hopelessImage(cluster, signal) : undefined;
      interrupt?.catch(() => {}); // ends with the signal
      const run = await runHelm(cluster.node, args, {
        signal: context.signal,
        timeoutMs: (timeoutSeconds * 1000 * STEPS + SPARE_MS) * pace,
        ...(interrupt === undefined ? {} : { interrupt }),
      }).finally(() => over.abort());
      const evidence = [await context.evidence(id, transcript(args, run))];
      const took = `${run.seconds.toFixed(1)} s`;
      if (run.exitCode === 0 && run.interrupted === null) {
        return { ...verdictOf([], `release ${namespace}/${release} is deployed, in ${took}`), evidence };
      }
      const reason =
        run.interrupted === null
          ? `helm: ${clipped(reasonOfHelm(run), LONGEST)}`
          : `given up after ${took}: ${run.interrupted}`;
      return { ...verdictOf([`release ${namespace}/${release}: ${reason}`], ''), evidence };
    },
  };
}

const listSchema = z.array(
  z.looseObject({ name: z.string(), namespace: z.string(), status: z.string(), chart: z.string() }),
);

/** What helm itself keeps of every release, whoever made it: K3s's helm-controller as well. */
const releasesDeployed: Check = {
  id: 'releases-deployed',
  title: 'every Helm release is deployed',
  phase: 'exercise',
  async run(context) {
    const { cluster, bundle, signal } = context;
    const args = ['list', '--all-namespaces', '--output', 'json', '--deployed', '--failed', '--pending'];
    const run = await runHelm(cluster.node, args, { signal, timeoutMs: LIST_MS * cluster.node.pace });
    if (run.exitCode !== 0) throw new HarnessError(`helm list: ${reasonOfHelm(run)}`, { code: 'harness' });
    const releases = listSchema.parse(JSON.parse(run.stdout));
    const wrong = releases
      .filter(({ status }) => status !== 'deployed')
      .map(({ namespace, name, status }) => `release ${namespace}/${name} is ${status}`);
    const absent = releasesOf(bundle)
      .filter(
        (wanted) => !releases.some((one) => one.name === wanted.name && one.namespace === wanted.namespace),
      )
      .map(({ namespace, name }) => `release ${namespace}/${name} does not exist`);
    return verdictOf([...absent, ...wrong], `${releases.length} release(s) are deployed`);
  },
};

function testCheck(tested: Tested, id: string): Check {
  const { name: release, namespace, timeoutSeconds } = tested;
  return {
    id,
    title: `helm test of release ${release} succeeds`,
    phase: 'exercise',
    deadlineMs: timeoutSeconds * 1000 * STEPS + 2 * SPARE_MS,
    async run(context) {
      const { cluster, signal } = context;
      const { pace } = cluster.node;
      const status = await statusOf(context, tested);
      if (status !== 'deployed') return verdictOf([`not tested: the release is ${status}`], '');
      const timeout = `${Math.ceil(timeoutSeconds * pace)}s`;
      const args = ['test', release, '--namespace', namespace, '--logs', '--timeout', timeout];
      const over = new AbortController();
      const interrupt = hopelessImage(cluster, AbortSignal.any([signal, over.signal]));
      interrupt.catch(() => {}); // ends with the signal
      const run = await runHelm(cluster.node, args, {
        signal,
        timeoutMs: (timeoutSeconds * 1000 * STEPS + SPARE_MS) * pace,
        interrupt,
      }).finally(() => over.abort());
      return await judgeTest(context, { id, args, run });
    },
  };
}

const statusSchema = z.looseObject({ info: z.looseObject({ status: z.string() }) });

/** A release's status in helm's words, or `not there`. */
async function statusOf(
  { cluster, signal }: CheckContext,
  { name, namespace }: Pick<Release, 'name' | 'namespace'>,
): Promise<string> {
  const args = ['status', name, '--namespace', namespace, '--output', 'json'];
  const run = await runHelm(cluster.node, args, { signal, timeoutMs: LIST_MS * cluster.node.pace });
  return run.exitCode === 0 ? statusSchema.parse(JSON.parse(run.stdout)).info.status : 'not there';
}

async function judgeTest(
  context: CheckContext,
  {
    id,
    args,
    run,
  }: {
    readonly id: string;
    readonly args: readonly string[];
    readonly run: Awaited<ReturnType<typeof runHelm>>;
  },
): Promise<CheckResult> {
  const evidence = [await context.evidence(id, transcript(args, run))];
  const suites = [...run.stdout.matchAll(/^TEST SUITE:\s+(\S+)/gm)].map(([, name]) => name ?? '');
  if (run.exitCode !== 0 || run.interrupted !== null) {
    const reason = run.interrupted ?? `helm: ${clipped(reasonOfHelm(run), LONGEST)}`;
    return { ...verdictOf([reason], ''), evidence };
  }
  if (suites.every((name) => name === 'None')) {
    return { ...nothingToAsk('with these values the chart has no tests'), evidence };
  }
  return { ...verdictOf([], `${suites.length} test(s) succeeded: ${suites.join(', ')}`), evidence };
}
