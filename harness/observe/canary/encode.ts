// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { PlannedCanary } from './plan.ts';

/** Arguments of `airgap-node` that make these canaries; `pace` as in RunningNode. */
export function canaryArguments(plan: readonly PlannedCanary[], pace: number): string[] {
  const agents = plan.map(({ id, kind, to, gateway }) => ({ id, kind, to, gateway }));
  const encoded = Buffer.from(JSON.stringify(agents)).toString('base64');
  return ['canary', '--plan', encoded, ...(pace === 1 ? [] : ['--pace', String(pace)])];
}

const answerLine = z.strictObject({ id: z.string(), answer: z.string() });

/** What `airgap-node canary` printed, by canary; lines that are something else are left out. */
export function answersIn(output: string): ReadonlyMap<string, string> {
  const answers = new Map<string, string>();
  for (const line of output.split('\n')) {
    const parsed = answerLine.safeParse(parseJson(line));
    if (parsed.success) answers.set(parsed.data.id, parsed.data.answer);
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
