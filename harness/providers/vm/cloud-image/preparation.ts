// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandRunner } from '../../../core/command.ts';
import type { Accelerator } from '../qemu.ts';
import { bareMachine, DEFAULT_CPUS, DISK, drive, MACHINE_FILES } from '../qemu.ts';
import { type Answer, readAnswer } from './answer.ts';

/** Files of a machine that is prepared, beside those of any: `seed` is a folder. */
export const PREPARATION_FILES = { seed: 'seed', answer: 'answer.txt' } as const;

/** Of a cloud image's own system, with cloud-init. */
const MEMORY_MIB = 1024;
/** A loader that finds nothing to load tries again, which ends a machine that may not start again. */
const NO_SYSTEM_MS = 1000;

export interface PreparationOptions {
  /** Carries the session's label. */
  readonly name: string;
  /** Has the disk and the seed; console and answer come there. */
  readonly folder: string;
  readonly accelerator: Accelerator;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** How it ended, what the machine answered and what stood on its console. */
export interface Preparation {
  readonly end: 'off' | 'late' | 'interrupted' | 'qemu-failed';
  readonly answer: Answer;
  readonly console: string;
  /** What QEMU itself said. */
  readonly said: string;
}

/**
 * QEMU's command line for the one start with cloud-init: no network card at all, so nothing of the image can reach anything. The
 * seed is a folder that QEMU shows as a FAT disk; the second serial port takes the answer.
 */
export function preparationCommand({
  name,
  accelerator,
}: Pick<PreparationOptions, 'name' | 'accelerator'>): string[] {
  return [
    ...bareMachine({ name, accelerator, cpus: DEFAULT_CPUS, memoryMiB: MEMORY_MIB }),
    '-no-reboot',
    '-boot',
    `reboot-timeout=${NO_SYSTEM_MS}`,
    '-serial',
    `file:${MACHINE_FILES.console}`,
    '-serial',
    `file:${PREPARATION_FILES.answer}`,
    ...drive('disk', `file=${MACHINE_FILES.disk},${DISK}`),
    ...drive('seed', `driver=vvfat,dir=${PREPARATION_FILES.seed},label=cidata,read-only=on`),
  ];
}

/** Starts the machine and waits until it has switched itself off; cuts its power when it takes longer. */
export async function runPreparation(
  runner: CommandRunner,
  { folder, limitMs, signal, ...machine }: PreparationOptions,
): Promise<Preparation> {
  await using qemu = runner.spawn(['setsid', '--', ...preparationCommand(machine)], { cwd: folder });
  let said = '';
  qemu.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  qemu.stdout.resume();
  const timer = new AbortController();
  const ends = AbortSignal.any([signal, timer.signal]);
  const ended = await Promise.race([
    qemu.ended,
    sleep(limitMs, null, { signal: ends }).catch(() => null), // aborted: by whom is looked at below
  ]);
  timer.abort();
  if (ended === null) qemu.kill('SIGKILL');
  await qemu.ended;
  const read = async (file: string): Promise<string> =>
    await readFile(join(folder, file), 'utf8').catch(() => '');
  return {
    end:
      ended !== null
        ? ended.exitCode === 0
          ? 'off'
          : 'qemu-failed'
        : signal.aborted
          ? 'interrupted'
          : 'late',
    answer: readAnswer(await read(PREPARATION_FILES.answer)),
    console: await read(MACHINE_FILES.console),
    said: said.trim(),
  };
}
