// SPDX-License-Identifier: Apache-2.0
import type { CommandRunner } from '../../core/command.ts';
import { runOrThrow } from '../../core/runner.ts';

export interface Overlay {
  /** What it lies on, and never changes. Absolute. */
  readonly base: string;
  readonly format: 'qcow2' | 'raw';
  /** The file to make. */
  readonly disk: string;
  /** At least the base's. @default the base's */
  readonly mib?: number | undefined;
}

/** Makes a qcow2 file that takes what is written to a disk. Throws HarnessError (harness) with what qemu-img says. */
export async function makeOverlay(
  runner: CommandRunner,
  { base, format, disk, mib }: Overlay,
): Promise<void> {
  const argv = ['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', format, '-b', base, disk];
  await runOrThrow(runner, mib === undefined ? argv : [...argv, `${mib}M`]);
}
