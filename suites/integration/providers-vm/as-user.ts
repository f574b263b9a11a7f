// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { readAssets } from '../../../harness/core/assets.ts';
import { REPO_ROOT } from '../support/needs.ts';

/** Nobody else on the machine has it: whatever runs as it is ours. */
export const USER = 61_234;

/**
 * In a mount namespace of its own: /dev/net/tun with the mode that is given (0666 is what udev gives it), and root's home closed
 * no more, should the clone or the cache lie in it. Then the user, who has no right beyond that.
 */
const BECOME = `mode=$1 user=$2 home=$3 repo=$4 cache=$5
shift 5
mount -t tmpfs tmpfs /mnt
mkdir /mnt/repo /mnt/cache
mount --bind "$repo" /mnt/repo
mount --bind "$cache" /mnt/cache
mknod /mnt/tun c 10 200
chmod "$mode" /mnt/tun
mount --bind /mnt/tun /dev/net/tun
mount -t tmpfs -o mode=755 tmpfs /root
for place in repo cache; do
  eval "path=\\$$place"
  case $path in /root/*) mkdir -p "$path"; mount --bind "/mnt/$place" "$path" ;; esac
done
chown "$user" "$home"
export HOME="$home"
exec setpriv --reuid="$user" --regid="$user" --clear-groups -- "$@"`;

/** What to put before a command so that a user without root runs it, with that home. It keeps its process id. */
export async function asUser(home: string, tunMode: '0666' | '0600' = '0666'): Promise<string[]> {
  const { agent } = await readAssets(REPO_ROOT);
  const cache = resolve(agent, '../../..'); // <cache>/<asset>/<key>/<file>
  const args = [tunMode, String(USER), home, REPO_ROOT, cache];
  return ['unshare', '--mount', '--', 'sh', '-ec', BECOME, 'sh', ...args];
}

/** What to put between that and a command, so that nobody in there may make a user namespace: the limit is a namespace’s own. */
export const WITHOUT_NAMESPACES = [
  'unshare',
  '--user',
  '--map-current-user',
  '--keep-caps',
  '--',
  'sh',
  '-ec',
  'echo 0 >/proc/sys/user/max_user_namespaces; exec setpriv --inh-caps=-all --ambient-caps=-all -- "$@"',
  'sh',
];
