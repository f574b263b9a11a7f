// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { CoreV1Api } from '@kubernetes/client-node';
import { z } from 'zod';
import type { CheckContext } from '../core/cluster.ts';
import { HarnessError } from '../core/errors.ts';
import type { ExecResult } from '../core/command.ts';

const K3S = '/usr/local/bin/k3s';
const POD = 'probe';

const answerSchema = z.object({
  ok: z.boolean(),
  error: z.string().default(''),
  addresses: z.array(z.string()).default([]),
  status: z.number().default(0),
  body: z.string().default(''),
});
export type ProbeAnswer = z.infer<typeof answerSchema>;
export type Question = readonly ['tcp' | 'dns' | 'http', string];

/** Asks from the node itself. */
export async function probeFromNode({ cluster }: CheckContext, question: Question): Promise<ProbeAnswer> {
  return parseAnswer(
    await cluster.node.exec(['/run/airgap/airgap-node', 'probe', ...question], { timeoutMs: 15_000 }),
  );
}

/** Asks from the harness's own pod; the pod is made at the first question and made again when it is gone. */
export async function probeFromPod(context: CheckContext, question: Question): Promise<ProbeAnswer> {
  await ensureHelperPod(context);
  const { namespace } = context.helper;
  const command = ['/airgap-node', 'probe', ...question];
  return parseAnswer(await execInPod(context, { namespace, pod: POD }, command));
}

/** Runs a command in a container of the bundle or of the harness. */
export async function execInPod(
  { cluster }: CheckContext,
  where: { readonly namespace: string; readonly pod: string; readonly container?: string },
  command: readonly string[],
): Promise<ExecResult> {
  const container = where.container === undefined ? [] : ['-c', where.container];
  const args = ['kubectl', 'exec', '-n', where.namespace, where.pod, ...container, '--', ...command];
  return await cluster.node.exec([K3S, ...args], { timeoutMs: 30_000 });
}

function parseAnswer({ stdout, stderr, exitCode }: ExecResult): ProbeAnswer {
  try {
    return answerSchema.parse(JSON.parse(stdout));
  } catch {
    throw new HarnessError(`a probe gave no answer (exit code ${exitCode}): ${stderr.trim().slice(0, 300)}`, {
      code: 'harness',
    });
  }
}

const STARTING_MS = 30_000;

async function ensureHelperPod({ cluster, helper, signal }: CheckContext): Promise<void> {
  const api = cluster.config.makeApiClient(CoreV1Api);
  const { namespace } = helper;
  const until = performance.now() + STARTING_MS;
  let last = 'not made yet';
  while (performance.now() < until && !signal.aborted) {
    try {
      const { status, metadata } = await api.readNamespacedPod({ name: POD, namespace });
      if (metadata?.deletionTimestamp === undefined && status?.containerStatuses?.[0]?.ready === true) return;
      last = status?.containerStatuses?.[0]?.state?.waiting?.reason ?? status?.phase ?? 'unknown';
    } catch {
      last = await createHelperPod(api, helper);
    }
    await sleep(100);
  }
  throw new HarnessError(
    `the harness's own pod ${namespace}/${POD} did not start in ${STARTING_MS / 1000} s: ${last}`,
    {
      code: 'harness',
    },
  );
}

/** Returns why it could not be made yet: the namespace's service account takes a moment. */
async function createHelperPod(
  api: CoreV1Api,
  { namespace, image }: CheckContext['helper'],
): Promise<string> {
  try {
    await api.createNamespace({ body: { metadata: { name: namespace } } });
  } catch {
    // there already
  }
  try {
    await api.createNamespacedPod({
      namespace,
      body: {
        metadata: { name: POD },
        spec: {
          terminationGracePeriodSeconds: 0,
          tolerations: [{ operator: 'Exists' }],
          automountServiceAccountToken: false,
          containers: [{ name: POD, image, imagePullPolicy: 'Never', command: ['/airgap-node', 'pause'] }],
        },
      },
    });
    return 'made';
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  }
}
