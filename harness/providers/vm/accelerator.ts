// SPDX-License-Identifier: Apache-2.0
import { access, constants, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { CommandRunner } from '../../core/command.ts';
import { errnoOf } from '../../core/errors.ts';
import { stateDirectory } from '../session-record.ts';
import { type Accelerator, acceleratorOptions } from './qemu.ts';

/** A guest that runs answers in a second; where /dev/kvm exists and does nothing, it never does. */
const PROBE_MS = 10_000;
const ANSWER = 'airgap-probe-answer';
const CACHE = 'vm-accelerator.json';

/** What was found, and why, for a report. */
export interface AcceleratorChoice {
  readonly accelerator: Accelerator;
  readonly reason: string;
}

const cached = z.strictObject({
  boot: z.string(),
  accelerator: z.enum(['kvm', 'tcg']),
  reason: z.string(),
});

/**
 * The processor's own virtualisation where a guest really answers with it, else emulation. Asked once for each time this
 * machine was switched on: an answer that never comes takes ten seconds.
 */
export async function chooseAccelerator(
  runner: CommandRunner,
  guest: { readonly kernel: string; readonly initrd: string },
): Promise<AcceleratorChoice> {
  const closed = await closedKvm();
  if (closed !== null) return { accelerator: 'tcg', reason: closed };
  const file = join(await stateDirectory(), CACHE);
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const known = await readCached(file);
  if (known?.boot === boot) return known;
  const choice = await probe(runner, guest);
  await writeFile(`${file}.${process.pid}`, JSON.stringify({ boot, ...choice }));
  await rename(`${file}.${process.pid}`, file);
  return choice;
}

/** Why this user cannot open /dev/kvm; null: it can. Not kept: a new group changes it. */
async function closedKvm(): Promise<string | null> {
  const error: unknown = await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error === null) return null;
  return errnoOf(error) === 'ENOENT'
    ? 'this machine has no /dev/kvm'
    : 'this user may not open /dev/kvm (the group kvm may, in most distributions)';
}

async function readCached(file: string): Promise<z.infer<typeof cached> | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return cached.parse(JSON.parse(text));
  } catch {
    return null; // of another version: asked again
  }
}

async function probe(
  runner: CommandRunner,
  { kernel, initrd }: { readonly kernel: string; readonly initrd: string },
): Promise<AcceleratorChoice> {
  const argv = [
    'qemu-system-x86_64',
    '-nodefaults',
    '-no-user-config',
    '-display',
    'none',
    ...acceleratorOptions('kvm'),
    '-m',
    '256',
    '-no-reboot',
    '-serial',
    'stdio',
    '-kernel',
    kernel,
    '-initrd',
    initrd,
    '-append',
    'console=ttyS0 quiet panic=-1 airgap.probe',
  ];
  // SIGKILL: a QEMU that hangs in the kernel's interface does not take SIGTERM.
  const limit = ['timeout', '--signal=KILL', String(PROBE_MS / 1000)];
  const { stdout, stderr } = await runner.run([...limit, ...argv]);
  if (stdout.includes(ANSWER)) return { accelerator: 'kvm', reason: 'a probe guest answered' };
  const why = stderr.trim().split('\n').at(-1) ?? '';
  return {
    accelerator: 'tcg',
    reason: `with /dev/kvm a probe guest ${why === '' ? `gave no answer within ${PROBE_MS / 1000} s` : `did not start: ${why}`}`,
  };
}
