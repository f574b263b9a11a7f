// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiException, BatchV1Api, type V1Job } from '@kubernetes/client-node';
import { CHART_TIMEOUT_SECONDS } from '../core/chart.ts';
import type { Check, CheckContext, CheckResult, Cluster } from '../core/cluster.ts';
import { clipped } from '../core/printable.ts';
import { type HelmChart, helmJobOf } from '../core/helm-chart.ts';
import { explainUnsettled } from './explain-unsettled.ts';
import { verdictOf } from './listing.ts';
import type { Unsettled } from './workload-state.ts';
import { unsettledWorkloads } from './workloads.ts';

const POLL_MS = 500;
/** As long as `waitSettled` takes something for stuck. */
const HOPELESS_MS = 20_000;
/** Its job's pods may need so long to be made, besides helm's own time. */
const SPARE_MS = 60_000;
const LONGEST = 600;

/**
 * Whether K3s's helm-controller installed a HelmChart object: asked until its job is complete, or given up when the job waits for 20 s (times the
 * node's pace) for what does not come: its pod fails again and again, or has no image.
 */
export function helmChartCheck(helmChart: HelmChart, id: string): Check {
  const { name, namespace, target } = helmChart;
  return {
    id,
    title: `HelmChart ${namespace}/${name} is installed as release ${name}`,
    phase: 'install',
    installs: true,
    deadlineMs: CHART_TIMEOUT_SECONDS * 1000 + 2 * SPARE_MS,
    async run(context) {
      const began = performance.now();
      const reason = await installed(context, helmChart);
      const evidence = [await context.evidence(id, await jobLog(context, helmChart))];
      const took = `${((performance.now() - began) / 1000).toFixed(1)} s`;
      const problems = reason === null ? [] : [`HelmChart ${namespace}/${name}: ${clipped(reason, LONGEST)}`];
      return answer(problems, `release ${target}/${name} is deployed by its job, in ${took}`, evidence);
    },
  };
}

function answer(problems: readonly string[], passed: string, evidence: CheckResult['evidence']): CheckResult {
  return { ...verdictOf(problems, passed), evidence };
}

/** Null when its job is complete, else why it does not come to be. */
async function installed({ cluster, signal }: CheckContext, helmChart: HelmChart): Promise<string | null> {
  const { pace } = cluster.node;
  const until = performance.now() + (CHART_TIMEOUT_SECONDS * 1000 + SPARE_MS) * pace;
  let hopelessSince: number | null = null;
  for (;;) {
    const job = await readJob(cluster, helmChart);
    if (job !== null && isComplete(job)) return null;
    const stuck = await unsettledJob(cluster, helmChart);
    const now = performance.now();
    hopelessSince = stuck?.hopeless === true ? (hopelessSince ?? now) : null;
    const isStuck = hopelessSince !== null && now - hopelessSince >= HOPELESS_MS * pace;
    if (isStuck || now > until) {
      if (stuck === undefined) {
        return job === null
          ? 'the helm-controller has made no job for it'
          : 'its job has not begun: the helm-controller has not let it';
      }
      const [told] = await explainUnsettled(cluster, [stuck]);
      return `job ${helmJobOf(helmChart)}: ${told?.why ?? stuck.why}`;
    }
    await sleep(POLL_MS * pace, undefined, { signal });
  }
}

async function readJob(cluster: Cluster, helmChart: HelmChart): Promise<V1Job | null> {
  const { namespace } = helmChart;
  try {
    const batch = cluster.config.makeApiClient(BatchV1Api);
    return await batch.readNamespacedJob({ name: helmJobOf(helmChart), namespace });
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return null;
    throw error;
  }
}

function isComplete({ status }: V1Job): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Complete' && is === 'True') ?? false;
}

async function unsettledJob(cluster: Cluster, helmChart: HelmChart): Promise<Unsettled | undefined> {
  const label = `${helmChart.namespace}/Job/${helmJobOf(helmChart)}`;
  return (await unsettledWorkloads(cluster, [])).find(({ what }) => what === label);
}

/** All that its job's pods said, of a container that waits to be tried again the last time, and the object's own state. */
async function jobLog({ cluster }: CheckContext, helmChart: HelmChart): Promise<string> {
  const { name, namespace } = helmChart;
  const ask = async (args: readonly string[]): Promise<string> =>
    (await cluster.kubectl(['-n', namespace, ...args]).catch(String)).trim();
  const pods = (await ask(['get', 'pod', '-l', `job-name=${helmJobOf(helmChart)}`, '-o', 'name'])).split(
    '\n',
  );
  const said: string[] = [];
  for (const pod of pods.filter((one) => one.startsWith('pod/'))) {
    const now = await ask(['logs', pod]);
    said.push(`$ kubectl logs ${pod}\n${now === '' ? await ask(['logs', '--previous', pod]) : now}`);
  }
  const status = await ask(['get', 'helmchart.helm.cattle.io', name, '-o', 'jsonpath={.status}']);
  return [...said, `HelmChart ${namespace}/${name}, status: ${status}`, ''].join('\n\n');
}
