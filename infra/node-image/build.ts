// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AptSource } from '../setup/apt-source.ts';
import { makeDebianTree } from '../setup/debian-tree.ts';
import { outputOf } from '../setup/exec.ts';
import type { RunOptions } from '../setup/exec.ts';
import { NODE_FILES, NODE_IMAGE } from './definition.ts';

/** Folders that K3s, the kubelet and CNI use; a provider may mount onto them. */
const FOLDERS = [
  'etc/cni',
  'etc/rancher',
  'opt/cni',
  'var/lib/cni',
  'var/lib/kubelet',
  'var/lib/rancher',
  'var/log/pods',
  'var/log/containers',
];

/**
 * Makes the node image: `folder/rootfs`, and `folder/packages.txt` with the version of each package in it.
 * @throws HarnessError (setup)
 */
export async function buildNodeImage(folder: string, source: AptSource, options: RunOptions): Promise<void> {
  const rootfs = join(folder, 'rootfs');
  await makeDebianTree(rootfs, NODE_IMAGE, source, options);
  for (const path of FOLDERS) await mkdir(join(rootfs, path), { recursive: true });
  for (const [path, content] of Object.entries(NODE_FILES)) {
    await mkdir(dirname(join(rootfs, path)), { recursive: true });
    await writeFile(join(rootfs, path), content);
  }
  const versions = await outputOf([
    'dpkg-query',
    `--admindir=${join(rootfs, 'var/lib/dpkg')}`,
    '--show',
    '--showformat=${Package} ${Version} ${Architecture}\\n',
  ]);
  await writeFile(join(folder, 'packages.txt'), `${versions ?? ''}\n`);
}
