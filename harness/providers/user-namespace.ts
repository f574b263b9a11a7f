// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { reasonOf } from '../core/errors.ts';
import { hostRunner } from '../core/runner.ts';

/**
 * First process in there. /run is its own, since `ip netns` keeps its names there; removable media and the user's own folder stay.
 * It waits: when the command ends it does, and the kernel then ends whatever is left in the namespaces.
 */
const BEGIN = `mount --rbind /run /mnt
mount -t tmpfs -o mode=755 tmpfs /run
for name in media user; do
  [ -d /mnt/$name ] || continue
  mkdir /run/$name
  mount --rbind /mnt/$name /run/$name
done
umount --lazy /mnt
code=0
"$@" || code=$?
exit $code`;

/**
 * A command as root of new user, network, mount and process namespaces. Killed at whatever moment, the process that starts it takes
 * all in there with it.
 */
export function namespacedCommand(argv: readonly string[]): string[] {
  const dieWithParent = ['setpriv', '--pdeathsig', 'KILL', '--'];
  const namespaces = ['--user', '--map-root-user', '--net', '--mount', '--pid', '--mount-proc'];
  const unshare = ['unshare', ...namespaces, '--fork', '--kill-child', '--'];
  return [...dieWithParent, ...unshare, 'sh', '-ec', BEGIN, 'sh', ...argv];
}

/** What keeps a user from such namespaces, and what mends it. */
export interface NamespaceRefusal {
  readonly reason: string;
  readonly remedy: string;
}

/** Settings that forbid them: the kernel's, Debian's and Ubuntu's. */
const SETTINGS = [
  { name: 'user.max_user_namespaces', forbids: '0', allow: '15000' },
  { name: 'kernel.unprivileged_userns_clone', forbids: '0', allow: '1' },
  { name: 'kernel.apparmor_restrict_unprivileged_userns', forbids: '1', allow: '0' },
] as const;

/** Makes them and leaves them. Null: it works. */
export async function tryNamespaces(): Promise<NamespaceRefusal | null> {
  const said = await hostRunner
    .run(namespacedCommand(['true']), { timeoutMs: 10_000 })
    .then(
      ({ exitCode, stderr }) => (exitCode === 0 ? null : stderr.trim() || `exit code ${exitCode}`),
      reasonOf,
    );
  if (said === null) return null;
  const values = await Promise.all(
    SETTINGS.map(async ({ name }) => {
      const file = `/proc/sys/${name.replaceAll('.', '/')}`;
      return [name, (await readFile(file, 'utf8').catch(() => '')).trim()] as const;
    }),
  );
  return explainRefusal(said, new Map(values));
}

/** Pure: from what unshare or mount said, and what the settings are (absent or empty: the kernel does not know one). */
export function explainRefusal(said: string, settings: ReadonlyMap<string, string>): NamespaceRefusal {
  const [first = ''] = said.split('\n');
  const closed = SETTINGS.filter(({ name, forbids }) => settings.get(name) === forbids);
  if (closed.length === 0) {
    return {
      reason: `a user without root cannot make namespaces here: ${first}`,
      remedy: 'run as root (sudo npm ...); in a container, let it make user namespaces and mount /proc',
    };
  }
  const are = closed.map(({ name, forbids }) => `${name} is ${forbids}`).join(', ');
  return {
    reason: `a user without root cannot make namespaces here (${are}): ${first}`,
    remedy: `run: sudo sysctl -w ${closed.map(({ name, allow }) => `${name}=${allow}`).join(' ')}`,
  };
}
