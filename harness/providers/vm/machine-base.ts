// SPDX-License-Identifier: Apache-2.0
import type { Assets } from '../../core/assets.ts';
import { HarnessError } from '../../core/errors.ts';
import type { NodeSpec } from '../../core/node.ts';
import { realPath } from '../real-paths.ts';
import { readPrepared } from './cloud-image/prepared-image.ts';
import type { DirectBoot } from './qemu.ts';

/** What machines are made of: a disk that nothing may write to, and what starts it. */
export interface MachineBase {
  /** A qcow2 image. */
  readonly disk: string;
  /** Null: the disk has a boot loader of its own. */
  readonly boot: DirectBoot | null;
  /** Changes with any of them. */
  readonly key: string;
}

/**
 * The disk that setup made when the node image is setup's, else that of a cloud image, which `spec.image` is the prepared folder of.
 * Throws HarnessError (usage) when it is neither.
 */
export async function machineBase(
  spec: Pick<NodeSpec, 'image' | 'name'>,
  { nodeImage, vm }: Pick<Assets, 'nodeImage'> & { readonly vm: NonNullable<Assets['vm']> },
): Promise<MachineBase> {
  const image = await realPath(spec.image, spec.name);
  if (image === (await realPath(nodeImage, spec.name))) {
    return { disk: vm.disk, boot: { kernel: vm.kernel, initrd: vm.initrd }, key: vm.key };
  }
  const prepared = await readPrepared(image);
  if (prepared !== null) return { disk: prepared.disk, boot: null, key: prepared.key };
  throw new HarnessError(`a virtual machine cannot be made of the folder "${spec.image}": it has no kernel`, {
    code: 'usage',
    hint: 'give a cloud image, leave the node image to the harness, or use --provider netns',
  });
}
