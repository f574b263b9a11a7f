// SPDX-License-Identifier: Apache-2.0
import type { EventBody } from '../../harness/core/events.ts';
import { RunFold } from '../../harness/verdict/run-fold.ts';
import { RUN } from '../unit/verdict/log-builder.ts';

const TASKS = 1000;
const PLACES = 2000;

/** MiB of heap that the fold holds after that many sightings of a run that never rests, and the seconds that it took. */
export function measureFold(events: number): { mib: number; seconds: number; attempts: number } {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const began = performance.now();
  const fold = new RunFold();
  let seq = 0;
  const add = (at: number, body: EventBody): void => {
    seq += 1;
    fold.add({ v: 1, seq, at, node: 'n1', ...body });
  };
  add(0, RUN);
  for (let task = 0; task < TASKS; task += 1)
    add(0, { type: 'task', key: `n:${task}:0`, exe: `/bin/p${task}` });
  for (let index = 0; index < events; index += 1) {
    const at = index * 1000;
    const address = `203.0.113.${index % 250}`;
    const to = { protocol: 'tcp', address, port: 1 + (index % PLACES) } as const;
    const task = `n:${index % TASKS}:0`;
    add(at, { type: 'sighting', observer: 'routes', last: at, count: 1, task, from: {}, to, raw: {} });
  }
  const attempts = fold.attempts().length;
  const seconds = (performance.now() - began) / 1000;
  globalThis.gc?.();
  return { mib: (process.memoryUsage().heapUsed - before) / 2 ** 20, seconds, attempts };
}
