// SPDX-License-Identifier: Apache-2.0
import type { NodeSpec } from '../../core/node.ts';
import { API_PORT, DISK_FOLDERS, firstFiles, type InitConfig } from '../init-config.ts';

/** Where things are in the container before the agent makes the node's root; all of it goes with the container's (infra/node-agent/root.go). */
export const inContainer = {
  agent: '/.airgap/airgap-node',
  /** The node's own folder of this machine. */
  socketDir: '/.airgap/node',
  config: '/.airgap/node/init.json',
  root: '/.airgap/root',
  bind: (index: number): string => `/.airgap/binds/${index}`,
} as const;

/**
 * What `airgap-node init` is told in a container: the engine made the root, and mounted what the node gets of this machine.
 *
 * @param machineId 32 hex digits; null when the node is started again on its disk, whose files then stay as they are
 */
export function containerInitConfig(spec: NodeSpec, machineId: string | null): InitConfig {
  return {
    hostname: spec.name,
    socketDir: inContainer.socketDir,
    image: '',
    upper: '',
    work: '',
    root: inContainer.root,
    disks: DISK_FOLDERS.map((path) => ({ from: path, to: path })),
    binds: spec.binds.map(({ to }, index) => ({ from: inContainer.bind(index), to })),
    files: firstFiles(spec, machineId),
    apiPort: API_PORT,
  };
}
