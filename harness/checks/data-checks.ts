// SPDX-License-Identifier: Apache-2.0
import { ApiException, CoreV1Api, KubernetesObjectApi } from '@kubernetes/client-node';
import { z } from 'zod';
import type { Bundle, CheckSpec } from '../core/bundle.ts';
import type { Check, CheckContext, CheckResult, Cluster } from '../core/cluster.ts';
import type { ExecResult } from '../core/command.ts';
import { isPodReady } from '../core/pod-ready.ts';
import { verdictOf } from './listing.ts';
import { execInPod } from './pod-exec.ts';
import { type ProbeAnswer, probeFromNode, probeFromPod } from './probe.ts';

/** What of any object says how it is. */
const conditionsSchema = z.object({
  status: z
    .object({
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() }))
        .optional(),
    })
    .optional(),
});

type Spec<K extends string> = Extract<CheckSpec, Record<K, unknown>>;

/** The bundle's own checks (bundle.yaml, `checks`), as checks like every other. */
export function dataChecks(bundle: Bundle): Check[] {
  return bundle.checks.map((spec) => ({
    id: spec.id,
    title: spec.title ?? spec.id,
    phase: 'exercise',
    async run(context) {
      if ('http' in spec) return await askHttp(context, spec.http);
      if ('command' in spec) return await runCommand(context, spec.command);
      return await readCondition(context, spec.condition);
    },
  }));
}

async function askHttp(context: CheckContext, http: Spec<'http'>['http']): Promise<CheckResult> {
  const ask = http.from === 'node' ? probeFromNode : probeFromPod;
  const answer = await ask(context, ['http', http.url]);
  const wrong = httpProblem(http, answer);
  const told = `${http.url} from a ${http.from}`;
  return verdictOf(wrong === null ? [] : [`${told}: ${wrong}`], `${told}: status ${answer.status}`);
}

/** What is wrong with an answer, null when it is as wanted. */
export function httpProblem(
  { status, contains }: Spec<'http'>['http'],
  answer: Pick<ProbeAnswer, 'ok' | 'error' | 'status' | 'body'>,
): string | null {
  const begins = answer.body === '' ? 'it is empty' : `it begins: ${answer.body.slice(0, 120).trim()}`;
  if (!answer.ok) return answer.error;
  if (answer.status !== status) return `status ${answer.status}, expected ${status}; the answer: ${begins}`;
  if (contains === undefined || answer.body.includes(contains)) return null;
  return `the answer does not contain "${contains}"; ${begins}`;
}

const COMMAND_MS = 60_000;

async function runCommand(context: CheckContext, command: Spec<'command'>['command']): Promise<CheckResult> {
  const { cluster, signal } = context;
  const { run, pod } = command;
  const limits = { timeoutMs: COMMAND_MS * cluster.node.pace, signal };
  let result: ExecResult;
  if (pod === undefined) {
    result = await cluster.node.exec(run, limits);
  } else {
    const name = await readyPod(cluster, pod.namespace, pod.selector);
    if (name === null) return verdictOf([`no ready pod matches "${pod.selector}" in ${pod.namespace}`], '');
    const { namespace, container } = pod;
    const place = { namespace, pod: name, ...(container === undefined ? {} : { container }) };
    result = await execInPod(cluster, place, run, limits);
  }
  const told = `"${run.join(' ')}"`;
  const wrong = commandProblem(command, result, limits.timeoutMs);
  return verdictOf(wrong === null ? [] : [`${told}: ${wrong}`], `${told}: exit code ${result.exitCode}`);
}

/** What is wrong with how a command ended, null when it is as wanted. */
export function commandProblem(
  wanted: Pick<Spec<'command'>['command'], 'exitCode' | 'contains'>,
  { exitCode, stdout, stderr, timedOut }: ExecResult,
  limitMs = COMMAND_MS,
): string | null {
  const said = (stderr.trim() || stdout.trim() || 'it said nothing').slice(-300);
  if (timedOut) return `not done after ${limitMs / 1000} s: ${said}`;
  if (exitCode === null) return `could not be run: ${said}`;
  if (exitCode !== wanted.exitCode) return `exit code ${exitCode}, expected ${wanted.exitCode}: ${said}`;
  if (wanted.contains === undefined || stdout.includes(wanted.contains)) return null;
  return `its output does not contain "${wanted.contains}": ${said}`;
}

async function readyPod(cluster: Cluster, namespace: string, labelSelector: string): Promise<string | null> {
  const api = cluster.config.makeApiClient(CoreV1Api);
  const { items } = await api.listNamespacedPod({ namespace, labelSelector });
  const ready = items.find((pod) => pod.metadata?.deletionTimestamp === undefined && isPodReady(pod));
  return ready?.metadata?.name ?? null;
}

async function readCondition(
  context: CheckContext,
  wanted: Spec<'condition'>['condition'],
): Promise<CheckResult> {
  const { apiVersion, kind, namespace, name, condition, status } = wanted;
  const told = `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
  const api = KubernetesObjectApi.makeApiClient(context.cluster.config);
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  const object = await api.read({ apiVersion, kind, metadata }).catch(nullWhenAbsent);
  if (object === null) return verdictOf([`${told} does not exist`], '');
  const { conditions = [] } = conditionsSchema.parse(object).status ?? {};
  const found = conditions.find(({ type }) => type === condition);
  const is = found?.status ?? 'not set';
  return verdictOf(
    is === status ? [] : [`${told}: ${condition} is ${is}, expected ${status}: ${found?.message ?? ''}`],
    `${told}: ${condition} is ${is}`,
  );
}

/** The client answers for a kind that the cluster does not know with an error of its own. */
function nullWhenAbsent(error: unknown): null {
  if (error instanceof ApiException && error.code === 404) return null;
  if (error instanceof Error && error.message.startsWith('Unrecognized API version and kind')) return null;
  throw error;
}
