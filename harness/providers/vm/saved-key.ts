// SPDX-License-Identifier: Apache-2.0
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { NodeService, NodeSpec } from '../../core/node.ts';
import { runOrThrow } from '../../core/runner.ts';
import type { Session } from '../session.ts';
import type { AcceleratorChoice } from './accelerator.ts';
import type { MachineBase } from './machine-base.ts';
import type { VmOptions } from './prepare.ts';
import { DEFAULT_CPUS, qemuCommand } from './qemu.ts';

/** What differs from one machine to the next of the same making. */
const UNNAMED = { name: '', tap: '', machineId: '', startTime: null } as const;
const ANY_KERNEL = { kernel: '', initrd: '' } as const;

/**
 * A short name for "a machine made of exactly this": the QEMU and its options (a saved memory fits no other), the disk, and
 * the content of everything that is placed in the node or started there.
 */
export async function savedKey(inputs: {
  readonly session: Session;
  readonly spec: NodeSpec;
  readonly agent: string;
  readonly base: MachineBase;
  readonly options: VmOptions;
  readonly choice: AcceleratorChoice;
  readonly service: NodeService;
}): Promise<string> {
  const { session, spec, agent, base, options, choice, service } = inputs;
  const qemu = await runOrThrow(session.runner, ['qemu-system-x86_64', '--version']);
  const { name, link, resolver, memoryMiB, diskMiB, clockAheadMs, binds } = spec;
  const hash = createHash('sha256');
  const { accelerator } = choice;
  const { cpus } = options;
  const boot = base.boot === null ? null : ANY_KERNEL; // which one is in the key of the base
  const machine = qemuCommand({ ...UNNAMED, boot, accelerator, cpus: cpus ?? DEFAULT_CPUS, memoryMiB });
  const plain = { qemu, machine, vm: base.key, diskMiB, name, link, resolver, clockAheadMs };
  hash.update(JSON.stringify({ ...plain, service: service.key, places: binds.map(({ to }) => to) }));
  for (const path of [agent, ...binds.map(({ from }) => from)]) await addContent(hash, path);
  return hash.digest('hex').slice(0, 16);
}

async function addContent(hash: Hash, path: string): Promise<void> {
  const info = await stat(path);
  hash.update(`\n${info.isDirectory() ? 'folder' : `file ${info.mode} ${info.size}`}\n`);
  if (!info.isDirectory()) {
    await pipeline(createReadStream(path), async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) hash.update(chunk);
    });
    return;
  }
  for (const name of (await readdir(path)).toSorted()) {
    hash.update(`${name}\n`);
    await addContent(hash, join(path, name));
  }
}
