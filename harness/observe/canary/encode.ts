// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { PlannedCanary } from './plan.ts';

/** Arguments of `airgap-node` that make these canaries; `pace` as in RunningNode. */
export function canaryArguments(plan: readonly PlannedCanary[], pace: number): string[] {
  const agents = plan.map(({ id, kind, to, gateway }) => ({ id, kind, to, gateway }));
  const encoded = Buffer.from(JSON.stringify(agents)).toString('base64');
  return ['canary', '--plan', encoded, ...(pace === 1 ? [] : ['--pace', String(pace)])];
}

const answerLine = z.strictObject({
  id: z.string(),
  answer: z.string(),
  unavailable: z.literal(true).exactOptional(),
});

/** What a canary met; `unavailable`: it was not made, and `answer` is how the kernel refused its socket. */
export type CanaryAnswer = Omit<z.infer<typeof answerLine>, 'id'>;

/** What `airgap-node canary` printed, by canary; lines that are something else are left out. */
export function answersIn(output: string): ReadonlyMap<string, CanaryAnswer> {
  const answers = new Map<string, CanaryAnswer>();
  for (const line of output.split('\n')) {
    const parsed = answerLine.safeParse(parseJson(line));
    if (!parsed.success) continue;
    const { id, ...answer } = parsed.data;
    answers.set(id, answer);
  }
  return answers;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
