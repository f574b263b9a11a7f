// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assets } from '../../core/assets.ts';
import { HarnessError } from '../../core/errors.ts';
import { configureNamespace, netnsPath } from '../../core/namespace.ts';
import type { NodeSpec } from '../../core/node.ts';
import { runOrThrow } from '../../core/runner.ts';
import { planSinkSide } from '../node-network.ts';
import type { Session } from '../session.ts';
import { chooseAccelerator } from './accelerator.ts';
import { makeKeys } from './keys.ts';
import { Machine } from './machine.ts';
import { makePartsDisk } from './parts-disk.ts';
import { MACHINE_FILES } from './qemu.ts';
import { VmNode } from './vm-node.ts';

export interface VmOptions {
  /** Processors of the guest. @default 2 */
  readonly cpus?: number;
  /** Size of the disk in MiB, at least that of the image. @default the image's */
  readonly diskMiB?: number;
  /** As in MachineSpec. @default null: now */
  readonly startTime?: string | null;
}

/**
 * Makes a node that is a virtual machine, with its link in the session's sink (`<label>-sink`, made by the gap), up to where
 * its kernel can be watched and its network is not up yet. Disposing ends it, booted or not.
 * Throws HarnessError; what was made until then is removed.
 */
export async function prepareVmNode(
  session: Session,
  spec: NodeSpec,
  assets: Pick<Assets, 'agent' | 'nodeImage' | 'vm'>,
  options: VmOptions = {},
): Promise<VmNode> {
  const { vm } = assets;
  if (vm === undefined) {
    throw new HarnessError('setup has made no virtual machine', {
      code: 'setup',
      hint: 'run: npm run setup -- --provider vm',
    });
  }
  if (spec.image !== assets.nodeImage) {
    throw new HarnessError(
      `a virtual machine cannot be made of the folder "${spec.image}": it has no kernel`,
      {
        code: 'usage',
        hint: 'leave the node image to the harness, or use --provider netns',
      },
    );
  }
  const { runner, label } = session;
  const { accelerator, reason } = await chooseAccelerator(runner, vm);
  const folder = join(session.folder, spec.name);
  const sink = `${label}-sink`;
  const keys = makeKeys();
  await using undo = new AsyncDisposableStack();
  const remove = async (): Promise<void> => {
    // Fails when it was not made, or has gone with the namespace.
    await runner.run(['ip', '-netns', sink, 'link', 'delete', spec.link.sinkInterface]);
  };
  undo.defer(remove);
  await mkdir(folder, { mode: 0o700 });
  const tap = ['tuntap', 'add', 'dev', spec.link.sinkInterface, 'mode', 'tap'];
  await runOrThrow(runner, ['ip', '-netns', sink, ...tap]);
  await configureNamespace(runner, sink, planSinkSide(spec.link));
  await makePartsDisk(runner, {
    spec,
    agent: assets.agent,
    keys,
    folder,
    image: join(folder, MACHINE_FILES.parts),
  });
  await makeOverlay(session, vm.disk, join(folder, MACHINE_FILES.disk), options.diskMiB);
  const machineId = randomBytes(16).toString('hex');
  const node = new VmNode({
    spec,
    session,
    folder,
    keys,
    limits:
      accelerator === 'kvm'
        ? []
        : [{ id: 'vm-emulated', message: `the processor of node "${spec.name}" is emulated: ${reason}` }],
    remove,
    start: async () =>
      await Machine.start(runner, {
        spec: {
          name: `${label}-${spec.name}`,
          kernel: vm.kernel,
          initrd: vm.initrd,
          accelerator,
          cpus: options.cpus ?? 2,
          memoryMiB: spec.memoryMiB,
          tap: spec.link.sinkInterface,
          machineId,
          startTime: options.startTime ?? null,
        },
        folder,
        netns: netnsPath(sink),
        incoming: null,
        node: spec.name,
      }),
  });
  undo.defer(async () => await node[Symbol.asyncDispose]());
  await node.prepare();
  undo.move();
  return node;
}

async function makeOverlay(
  session: Session,
  base: string,
  disk: string,
  mib: number | undefined,
): Promise<void> {
  const size = mib === undefined ? [] : [`${mib}M`];
  const argv = ['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', base, disk, ...size];
  await runOrThrow(session.runner, argv);
}
