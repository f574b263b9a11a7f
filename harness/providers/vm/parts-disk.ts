// SPDX-License-Identifier: Apache-2.0
import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CommandRunner } from '../../core/command.ts';
import type { NodeSpec } from '../../core/node.ts';
import { runOrThrow } from '../../core/runner.ts';
import { ownFiles } from '../own-files.ts';
import { planNodeSide } from '../node-network.ts';
import type { ManagementKeys } from './keys.ts';

/**
 * One account, by key; it can do nothing but reach sockets. sshd makes no look-up of a name, and its log needs no service of
 * the node. Without AllowTcpForwarding it refuses unix sockets as well.
 */
const SSHD_CONFIG = `HostKey /run/airgap/parts/ssh/host_key
AuthorizedKeysFile /run/airgap/parts/ssh/authorized_keys
AllowUsers airgap-manage
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
StrictModes no
AllowStreamLocalForwarding yes
AllowTcpForwarding local
MaxSessions 1000
LoginGraceTime 0
PermitTTY no
`;

// In a mount namespace of its own: what is bound there goes with it. mke2fs goes through the binds as it copies.
const MAKE = `folder=$1 image=$2
shift 2
for from in "$@"; do
  number=$((\${number:--1} + 1))
  to=$folder/binds/$number
  if [ -d "$from" ]; then mkdir "$to"; else touch "$to"; fi
  mount --bind "$from" "$to"
done
mib=$(du -s --apparent-size -m "$folder" | cut -f1)
inodes=$(du -s --inodes "$folder" | cut -f1)
rm -f "$image"
mke2fs -q -t ext4 -b 4096 -O ^has_journal,^resize_inode -m 0 -N $((inodes + 100)) -d "$folder" "$image" $((mib + mib / 32 + 8))M`;

/**
 * Makes the read-only disk of what is a node's own: harness's helper, keys, files, network, and the spec's binds, whose
 * places are in `binds.list`. Nothing is mounted on the machine for it. infra/vm/guest/parts.sh is the other side.
 * Throws HarnessError (harness).
 *
 * @param folder the node's folder; `parts` in it is used and removed
 */
export async function makePartsDisk(
  runner: CommandRunner,
  options: {
    readonly spec: NodeSpec;
    readonly agent: string;
    readonly keys: ManagementKeys;
    readonly folder: string;
    readonly image: string;
  },
): Promise<void> {
  const { spec, agent, keys, image } = options;
  const folder = join(options.folder, 'parts');
  const put = async (path: string, content: string, mode = 0o644): Promise<void> => {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    await chmod(file, mode);
  };
  await mkdir(join(folder, 'binds'), { recursive: true });
  await copyFile(agent, join(folder, 'airgap-node'));
  await chmod(join(folder, 'airgap-node'), 0o755);
  for (const { path, content } of ownFiles(spec)) await put(`files${path}`, content);
  await put('ssh/config', SSHD_CONFIG);
  await put('ssh/host_key', keys.hostPrivate, 0o600);
  await put('ssh/authorized_keys', keys.clientPublic); // read as the account
  const { sysctls, ip } = planNodeSide(spec.link);
  await put('interface', `${spec.link.nodeInterface}\n`);
  await put('sysctls', lines(Object.entries(sysctls).map(([path, value]) => `${path} ${value}`)));
  await put('ip', lines(ip));
  await put('binds.list', lines(spec.binds.map(({ to }, number) => `${number} ${to}`)));
  const sources = spec.binds.map(({ from }) => from);
  await runOrThrow(runner, ['unshare', '--mount', 'sh', '-ec', MAKE, 'sh', folder, image, ...sources]);
  await rm(folder, { recursive: true });
}

function lines(of: readonly string[]): string {
  return of.map((line) => `${line}\n`).join('');
}
