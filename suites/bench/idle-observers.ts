// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Assets } from '../../harness/core/assets.ts';
import { harnessRun } from './harness-run.ts';

/** Clock ticks of a second, as /proc counts them: always 100 on Linux (USER_HZ). */
const TICKS = 100;

/**
 * Share of one core that everything which watches takes while examples/clean is up and nothing happens: this process and the
 * programs that it runs beside the node (captures, trace readers, the fake DNS).
 */
export async function measureIdle(assets: Assets, outDir: string, seconds: number): Promise<number> {
  let share = Number.NaN;
  await harnessRun(assets, outDir, 'settle', {
    during: async () => {
      const before = await cpuSeconds();
      await sleep(seconds * 1000);
      share = ((await cpuSeconds()) - before) / seconds;
    },
  });
  return share;
}

/** Of this process and its descendants that live in its own PID namespace: those of the node have another. */
async function cpuSeconds(): Promise<number> {
  const own = await readlink('/proc/self/ns/pid');
  const all = new Map<
    number,
    { readonly parent: number; readonly ticks: number; readonly namespace: string }
  >();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const namespace = await readlink(`/proc/${name}/ns/pid`).catch(() => '');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [parent, user, system] = [fields[1], fields[11], fields[12]].map(Number);
    if (parent === undefined || user === undefined || system === undefined) continue;
    all.set(Number(name), { parent, ticks: user + system, namespace });
  }
  const isOurs = (pid: number): boolean =>
    pid === process.pid || (all.has(pid) && isOurs(all.get(pid)?.parent ?? 0));
  const ours = [...all].filter(([pid, { namespace }]) => namespace === own && isOurs(pid));
  return ours.reduce((sum, [, { ticks }]) => sum + ticks, 0) / TICKS;
}
