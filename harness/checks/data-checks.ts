// SPDX-License-Identifier: Apache-2.0
import { ApiException, CoreV1Api, KubernetesObjectApi } from '@kubernetes/client-node';
import { z } from 'zod';
import type { Bundle, CheckSpec } from '../core/bundle.ts';
import type { Check, CheckContext, CheckResult } from '../core/cluster.ts';
import { verdictOf } from './listing.ts';
import { execInPod, probeFromNode, probeFromPod } from './probe.ts';

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
  const { ok, error, status, body } = await ask(context, ['http', http.url]);
  const problems: string[] = [];
  if (!ok) problems.push(`${http.url} from a ${http.from}: ${error}`);
  else if (status !== http.status)
    problems.push(`${http.url} from a ${http.from}: status ${status}, expected ${http.status}`);
  else if (http.contains !== undefined && !body.includes(http.contains)) {
    problems.push(
      `${http.url} from a ${http.from}: the answer does not contain "${http.contains}"; it begins: ${body.slice(0, 120)}`,
    );
  }
  return verdictOf(problems, `${http.url} answered ${status}`);
}

async function runCommand(context: CheckContext, command: Spec<'command'>['command']): Promise<CheckResult> {
  const { run, exitCode: wanted, contains, pod } = command;
  const told = `"${run.join(' ')}"`;
  let result;
  if (pod === undefined)
    result = await context.cluster.node.exec(run, { timeoutMs: 60_000, signal: context.signal });
  else {
    const api = context.cluster.config.makeApiClient(CoreV1Api);
    const { items } = await api.listNamespacedPod({ namespace: pod.namespace, labelSelector: pod.selector });
    const name = items.find(({ status }) => status?.phase === 'Running')?.metadata?.name;
    if (name === undefined)
      return verdictOf([`no running pod matches "${pod.selector}" in ${pod.namespace}`], '');
    const where = {
      namespace: pod.namespace,
      pod: name,
      ...(pod.container === undefined ? {} : { container: pod.container }),
    };
    result = await execInPod(context, where, run);
  }
  const { exitCode, stdout, stderr } = result;
  const problems: string[] = [];
  if (exitCode !== wanted)
    problems.push(
      `${told}: exit code ${exitCode}, expected ${wanted}: ${(stderr || stdout).trim().slice(0, 300)}`,
    );
  else if (contains !== undefined && !stdout.includes(contains))
    problems.push(`${told}: output does not contain "${contains}"`);
  return verdictOf(problems, `${told}: exit code ${exitCode}`);
}

async function readCondition(
  context: CheckContext,
  wanted: Spec<'condition'>['condition'],
): Promise<CheckResult> {
  const { apiVersion, kind, namespace, name, condition, status } = wanted;
  const told = `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
  const api = KubernetesObjectApi.makeApiClient(context.cluster.config);
  try {
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
    const object = conditionsSchema.parse(await api.read({ apiVersion, kind, metadata }));
    const found = object.status?.conditions?.find(({ type }) => type === condition);
    const is = found?.status ?? 'not set';
    return verdictOf(
      is === status ? [] : [`${told}: ${condition} is ${is}, expected ${status}: ${found?.message ?? ''}`],
      `${told}: ${condition} is ${is}`,
    );
  } catch (error) {
    if (!(error instanceof ApiException) || error.code !== 404) throw error;
    return verdictOf([`${told} does not exist`], '');
  }
}
