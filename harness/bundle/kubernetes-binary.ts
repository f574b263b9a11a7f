// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';
import { bundleError } from './bundle-error.ts';
import { printable } from '../core/printable.ts';
import { systemReason } from '../core/system-reason.ts';
import type { Inside } from './inside.ts';

/** e_machine of x86-64 (System V ABI, AMD64 supplement). */
const EM_X86_64 = 62;

/**
 * Makes sure that the bundle's K3s can be started on a node: executable, and a 64-bit x86 Linux program or a script.
 *
 * @throws HarnessError (bundle) that says what it is instead
 */
export async function verifyBinary({ path, file, mode }: Inside): Promise<void> {
  const name = printable(file);
  const head = await readHead(path, name);
  const isScript = head.toString('latin1', 0, 2) === '#!';
  const isElf = head.length >= 20 && head.toString('latin1', 0, 4) === '\x7fELF';
  if (!isScript && !isElf)
    throw bundleError(
      `the Kubernetes binary "${name}" is not a Linux program`,
      'copy the k3s executable again',
    );
  if (isElf && (head[4] !== 2 || head.readUInt16LE(18) !== EM_X86_64)) {
    throw bundleError(
      `the Kubernetes binary "${name}" is not for x86-64`,
      'put the k3s executable for amd64 into the bundle',
    );
  }
  if ((mode & 0o111) === 0)
    throw bundleError(`the Kubernetes binary "${name}" is not executable`, `run: chmod +x ${path}`);
}

async function readHead(path: string, name: string): Promise<Buffer> {
  try {
    await using handle = await open(path);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(20), 0, 20, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw bundleError(
      `cannot read the Kubernetes binary "${name}": ${systemReason(error)}`,
      undefined,
      error,
    );
  }
}
