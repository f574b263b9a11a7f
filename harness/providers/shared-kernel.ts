// SPDX-License-Identifier: Apache-2.0
import type { PreparedNode } from '../core/node.ts';

/** What a node that is no machine of its own cannot show, whatever it is made of. */
export const SHARED_KERNEL: NonNullable<PreparedNode['limits']>[number] = {
  id: 'shared-kernel',
  message:
    'The node shares the kernel of the machine it runs on: kernel modules, sysctls of the host and what only a real reboot shows were not tested, and hostile bundles belong into a virtual machine.',
};
