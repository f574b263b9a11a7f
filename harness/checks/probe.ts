// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { CheckContext } from '../core/cluster.ts';
import type { ExecResult } from '../core/command.ts';
import { HarnessError } from '../core/errors.ts';
import type { RunningNode } from '../core/node.ts';
import { ensureHelperPod, HELPER_POD } from './helper-pod.ts';
import { execInPod } from './pod-exec.ts';

const answerSchema = z.object({
  ok: z.boolean(),
  error: z.string().default(''),
  addresses: z.array(z.string()).default([]),
  status: z.number().default(0),
  body: z.string().default(''),
  /** The server's own; its chain is not verified. Only for `--via`. */
  certificate: z.object({ subject: z.string(), issuer: z.string(), covers: z.boolean() }).optional(),
});
export type ProbeAnswer = z.infer<typeof answerSchema>;
/** With `--via HOST:PORT` the connection goes there, whatever the host of the URL is. */
export type Question = readonly ['tcp' | 'dns' | 'http', string] | readonly ['http', string, '--via', string];

/** More than the helper program itself waits for an answer (5 s). */
const TIMEOUT_MS = 15_000;

/** Asks from the node itself. Throws HarnessError (harness) when it could not be asked; no answer is an answer. */
export async function probeFromNode(
  { cluster, signal }: CheckContext,
  question: Question,
): Promise<ProbeAnswer> {
  return parseAnswer(
    await cluster.node.exec(['/run/airgap/airgap-node', ...probeArguments(question, cluster.node.pace)], {
      timeoutMs: TIMEOUT_MS * cluster.node.pace,
      signal,
    }),
  );
}

/** Asks from the site but outside the cluster: from where the node's link leads. Throws as `probeFromNode` does. */
export async function probeFromSite(
  { cluster, outside, signal }: CheckContext,
  question: Question,
): Promise<ProbeAnswer> {
  return parseAnswer(await outside(question, { timeoutMs: TIMEOUT_MS * cluster.node.pace, signal }));
}

/** Asks from the harness's own pod, which is made at the first question. Throws as `probeFromNode` does. */
export async function probeFromPod(context: CheckContext, question: Question): Promise<ProbeAnswer> {
  await ensureHelperPod(context);
  const { cluster, helper, signal } = context;
  const place = { namespace: helper.namespace, pod: HELPER_POD, container: HELPER_POD };
  const command = ['/airgap-node', ...probeArguments(question, cluster.node.pace)];
  return parseAnswer(
    await execInPod(cluster, place, command, { signal, timeoutMs: TIMEOUT_MS * cluster.node.pace }),
  );
}

function probeArguments(question: Question, pace: number): string[] {
  return ['probe', ...(pace === 1 ? [] : ['--pace', String(pace)]), ...question];
}

/**
 * How long what became ready just now may take to be reached: the rules of kube-proxy, of the load balancer and of an ingress
 * controller follow in up to a second each, and later on a machine that has other work.
 */
const PATIENCE_MS = 5_000;
const AGAIN_MS = 500;

/**
 * Asks until the answer is as it should be, for 5 s times the node's pace, and at least twice; returns the last answer. What
 * `ask` throws is not asked again.
 *
 * @param fine whether to stop asking; by default, that there was an answer
 */
export async function askPatiently(
  { cluster }: { readonly cluster: { readonly node: Pick<RunningNode, 'pace'> } },
  ask: () => Promise<ProbeAnswer>,
  fine: (answer: ProbeAnswer) => boolean = ({ ok }) => ok,
): Promise<ProbeAnswer> {
  const deadline = performance.now() + PATIENCE_MS * cluster.node.pace;
  for (let isLast = false; ; isLast = performance.now() > deadline) {
    const answer = await ask();
    if (isLast || fine(answer)) return answer;
    await sleep(AGAIN_MS);
  }
}

/** What the helper program printed. Throws HarnessError (harness) when that is no answer. */
export function parseAnswer({ stdout, stderr, exitCode, timedOut }: ExecResult): ProbeAnswer {
  try {
    return answerSchema.parse(JSON.parse(stdout));
  } catch {
    const how = timedOut ? 'timed out' : `exit code ${exitCode}`;
    throw new HarnessError(`a probe gave no answer (${how}): ${(stderr || stdout).trim().slice(0, 300)}`, {
      code: 'harness',
    });
  }
}
