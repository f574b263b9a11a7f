// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { NodeSpec } from '../core/node.ts';
import { ownFiles } from './own-files.ts';

/** Configuration of `airgap-node init` (infra/node-agent/config.go). */
export interface InitConfig {
  readonly hostname: string;
  readonly socketDir: string;
  /** Empty where a container engine made the root. */
  readonly image: string;
  readonly upper: string;
  readonly work: string;
  readonly root: string;
  readonly disks: readonly { readonly from: string; readonly to: string }[];
  readonly binds: NodeSpec['binds'];
  readonly files: readonly { readonly path: string; readonly content: string }[];
  readonly apiPort: number;
}

/**
 * Folders of a node that lie on the disk itself: containerd's overlayfs snapshotter cannot sit on the overlay that is the
 * node's root, and they are what K3s's own container image declares as volumes.
 */
export const DISK_FOLDERS = [
  '/var/lib/rancher',
  '/var/lib/kubelet',
  '/var/lib/containerd',
  '/var/lib/cni',
  '/var/log',
] as const;

/** Where K3s listens. */
export const API_PORT = 6443;

/**
 * What `airgap-node init` is told that makes its root itself.
 *
 * @param spec the node; its paths absolute and free of symbolic links
 * @param folder the node's own folder on a real disk
 * @param machineId 32 hex digits; null when the node is started again on its disk, whose files then stay as they are
 */
export function initConfig(spec: NodeSpec, folder: string, machineId: string | null): InitConfig {
  return {
    hostname: spec.name,
    socketDir: folder,
    image: spec.image,
    upper: join(folder, 'upper'),
    work: join(folder, 'work'),
    root: join(folder, 'root'),
    disks: DISK_FOLDERS.map((path) => ({ from: diskFolder(folder, path), to: path })),
    binds: spec.binds,
    files: firstFiles(spec, machineId),
    apiPort: API_PORT,
  };
}

/** Folder on the host that a disk folder of the node really is. */
export function diskFolder(folder: string, path: string): string {
  return join(folder, 'disk', path.slice(1).replaceAll('/', '.'));
}

/** Files that are the node's own, written before it boots first; none when it is started again on its disk. */
export function firstFiles(spec: NodeSpec, machineId: string | null): InitConfig['files'] {
  if (machineId === null) return [];
  return [...ownFiles(spec), { path: '/etc/machine-id', content: `${machineId}\n` }];
}
