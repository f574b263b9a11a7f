// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where cloud-init lays in the guest what it is given: gone with the machine that is prepared. */
const PLACE = '/run/airgap-prepare';

/**
 * Before any network is asked for: who waits until one is up would wait two minutes for a card that this machine has not. Below /run, so
 * that nothing of it stays.
 */
const NO_NETWORK = `for unit in systemd-networkd-wait-online NetworkManager-wait-online; do
  mkdir -p /run/systemd/system/$unit.service.d
  printf '[Service]\\nExecStart=\\nExecStart=/bin/true\\n' >/run/systemd/system/$unit.service.d/airgap.conf
done
systemctl daemon-reload`;

/** What a machine of a user's image must bring besides what every node needs, each with its reason. */
const MACHINE_NEEDS = [
  'sshd', // management over a serial port
  'ip', // the gate gives the link its addresses
  'nsenter', // observers look into pods' networks
  'tcpdump', // the packet observer of the pods' bridge
  'date', // a machine that was saved gets this time of day
  'cp',
  'mkfifo',
  'modprobe',
  'mount',
  'touch',
] as const;

/**
 * Files of a NoCloud seed: a disk called `cidata` on which cloud-init looks for its orders. They are the ordinary ones: write
 * files, grow the root file system to its disk, run a script.
 *
 * @param guest folder of what a machine has of ours (infra/vm/guest-files.ts)
 * @param needs programs that a node needs
 * @returns content by name; changes with anything that is put into the image
 */
export async function seedFiles(
  guest: string,
  needs: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(guest)).toSorted();
  const files = await Promise.all(
    names.map(async (name) => ({
      path: `${PLACE}/${name}`,
      encoding: 'b64',
      content: (await readFile(join(guest, name))).toString('base64'),
      permissions: '0600',
    })),
  );
  const programs = [...new Set([...needs, ...MACHINE_NEEDS])].toSorted();
  const orders = {
    bootcmd: [['sh', '-c', NO_NETWORK]],
    users: [], // nobody logs in by the name that the image would make up
    growpart: { mode: 'auto', devices: ['/'] },
    resize_rootfs: true, // not beside the others: the machine is switched off right after
    write_files: files,
    runcmd: [['sh', `${PLACE}/prepare.sh`, ...programs]],
  };
  return {
    'meta-data': 'instance-id: airgap-prepare\ndsmode: local\n', // applied in the stage before the network's
    'network-config': 'config: disabled\n',
    'user-data': `#cloud-config\n${JSON.stringify(orders, null, 1)}\n`, // YAML holds JSON
  };
}
