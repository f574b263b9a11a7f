// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile, readlink } from 'node:fs/promises';
import { execa } from 'execa';

/** All that a session with this label may own on this machine, by name; empty when nothing is left. */
export async function remainsOf(label: string): Promise<string[]> {
  const id = label.slice('agr-'.length);
  const { stdout } = await execa('bash', [
    '-c',
    `ls /run/netns 2>/dev/null | sed 's/^/netns /'
     ls /sys/kernel/tracing/instances 2>/dev/null | sed 's/^/trace /'
     find /sys/fs/cgroup -type d -name "$1*" 2>/dev/null | sed 's/^/cgroup /'
     sed 's/^/mount /' /proc/self/mountinfo
     ls -d "\${AIRGAP_STATE_DIR:-/var/lib/airgap}/sessions/"* 2>/dev/null | sed 's/^/state /'
     ls -d /run/airgap/* 2>/dev/null | sed 's/^/registry /'
     ps -eo pid,args | sed 's/^/process /'`,
    'bash',
    label,
  ]);
  return stdout
    .split('\n')
    .filter((line) => line.includes(label) || line.includes(`/${id}`))
    .filter((line) => !line.includes('sed ') && !line.includes('bash -c'));
}

/** What a container engine of somebody else mounts for its own containers, and its networks: they come and go as it likes. */
const OTHER_ENGINES = {
  mounts: /^(?!.*airgap).* \/(?:var\/lib|run)\/\S*\/(?:overlay2?|netns|containers)\b/,
  links: /^(?:br-|docker|podman|veth)/,
};

/** Host-wide lists that a node must not change: mounts (but those of named network namespaces) and links. */
export async function hostState(): Promise<{ mounts: string[]; links: string[] }> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const links = await readdir('/sys/class/net');
  return {
    mounts: mounts.filter((line) => !line.includes(' /run/netns') && !OTHER_ENGINES.mounts.test(line)),
    links: links.filter((name) => !OTHER_ENGINES.links.test(name)),
  };
}

/** Every writable setting below /proc/sys that no namespace isolates, as `path=value`. */
export async function hostSettings(): Promise<string[]> {
  const { stdout } = await execa('bash', [
    '-c',
    `cd /proc/sys && find abi debug dev fs kernel user vm -type f -perm -444 -perm /222 2>/dev/null | sort |
     while read -r name; do printf '%s=%s\\n' "$name" "$(tr '\\n\\0' '  ' <"$name" 2>/dev/null)"; done`,
  ]);
  return stdout.split('\n').filter((line) => !/^kernel\/(ns_last_pid|random\/|pty\/)/.test(line));
}

/** Processes (host pids) that live in a node's network namespace or cgroup, with what their descriptors lead to. */
export async function descriptorsOf(pids: readonly number[]): Promise<string[]> {
  const lists = await Promise.all(
    pids.map(async (pid) => {
      const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
      return await Promise.all(
        names.map(async (name) => await readlink(`/proc/${pid}/fd/${name}`).catch(() => '')),
      );
    }),
  );
  return lists.flat();
}
