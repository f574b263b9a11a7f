// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { outputOrThrow } from '../../core/command-output.ts';
import type { Vantage } from '../../core/node.ts';
import { clipArguments, type ProcReader } from './proc-reader.ts';

const runningTask = z.strictObject({
  tid: z.number().int(),
  pid: z.number().int(),
  exe: z.string(),
  argv: z.array(z.string()),
  cgroup: z.string(),
});

/** Tasks that ran at one moment, as /proc of their own kernel told. */
export interface RunningTasks {
  readonly tasks: readonly { readonly tid: number; readonly pid: number }[];
  /** Knows what was there at that moment, and nothing of later: its numbers may be others' by then. */
  readonly proc: ProcReader;
}

/**
 * Asks a kernel for every task it runs, by the harness's helper beside it. Throws HarnessError when it does not answer.
 *
 * @param agent path of airgap-node there
 */
export async function listTasks(vantage: Pick<Vantage, 'spawn'>, agent: string): Promise<RunningTasks> {
  return parseTasks(
    await outputOrThrow(vantage.spawn([agent, 'tasks']), 'the tasks of the node cannot be listed'),
  );
}

/** JSON lines of `airgap-node tasks`. */
export function parseTasks(text: string): RunningTasks {
  const lines = text.split('\n').filter((line) => line !== '');
  const tasks = new Map(
    lines.map((line) => {
      const task = runningTask.parse(JSON.parse(line));
      return [task.tid, task];
    }),
  );
  const argv = (tid: number): readonly string[] | null => {
    const all = tasks.get(tid)?.argv ?? [];
    return all.length === 0 ? null : clipArguments(all);
  };
  return {
    tasks: [...tasks.values()],
    proc: {
      exe: (tid) => tasks.get(tid)?.exe ?? null,
      argv,
      cgroup: (tid) => tasks.get(tid)?.cgroup ?? null,
    },
  };
}
