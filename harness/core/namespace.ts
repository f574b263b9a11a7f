// SPDX-License-Identifier: Apache-2.0
import type { CommandRunner } from './command.ts';
import { HarnessError } from './errors.ts';
import { runOrThrow } from './runner.ts';

/** Folder in which `ip netns` keeps network namespaces by name. */
export const NETNS_DIR = '/run/netns';

/** What one network namespace gets, in this order: settings, then commands of `ip`. */
export interface NamespaceSetup {
  /** Path below /proc/sys (`net/ipv4/ip_forward`) => value. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Lines of `ip -batch`, without the word `ip`. */
  readonly ip: readonly string[];
}

/** Path of a named network namespace, for `nsenter --net=`. */
export function netnsPath(name: string): string {
  return `${NETNS_DIR}/${name}`;
}

/**
 * Runs `ip` commands on the machine itself, as one batch. Throws HarnessError with what `ip` said and which line it
 * was; the lines before it have been done.
 */
export async function ipBatch(runner: CommandRunner, lines: readonly string[]): Promise<void> {
  await runOrThrow(runner, ['ip', '-batch', '-'], { stdin: `${lines.join('\n')}\n` });
}

// A child process enters the namespace: /proc/sys/net shows the namespace of who reads it, and setns inside Node would
// move one thread of many. Not `ip netns exec`: it remounts /sys.
const CONFIGURE = 'set -e; while [ $# -gt 0 ]; do echo "$2" >"/proc/sys/$1"; shift 2; done; exec ip -batch -';

/** Applies settings and commands inside a network namespace, by one child process. Throws HarnessError. */
export async function configureNamespace(
  runner: CommandRunner,
  name: string,
  setup: NamespaceSetup,
): Promise<void> {
  const settings = Object.entries(setup.sysctls).flat();
  const result = await runner.run(
    ['nsenter', `--net=${netnsPath(name)}`, '--', 'sh', '-c', CONFIGURE, 'sh', ...settings],
    { stdin: setup.ip.map((line) => `${line}\n`).join('') },
  );
  if (result.exitCode === 0) return;
  throw new HarnessError(`cannot configure the network namespace "${name}": ${result.stderr.trim()}`, {
    code: 'harness',
    hint: 'run: npm run airgap -- doctor',
  });
}

/** Ten milliseconds a turn; carrying takes a few turns, a busy machine some hundred milliseconds. */
const WAIT_UP =
  'for i in $(seq 500); do ip -o link show dev "$1" | grep -q "state UP" && exit; sleep 0.01; done; exit 1';

/**
 * Waits until an interface carries frames. The kernel switches the end of a veth pair that came up first on later, by a
 * work queue; until then it drops what is sent without a word. Throws HarnessError when it does not after five seconds.
 */
export async function waitUntilUp(runner: CommandRunner, name: string, device: string): Promise<void> {
  const argv = ['nsenter', `--net=${netnsPath(name)}`, '--', 'sh', '-c', WAIT_UP, 'sh', device];
  const { exitCode, stderr } = await runner.run(argv);
  if (exitCode === 0) return;
  throw new HarnessError(`interface ${device} of "${name}" does not come up ${stderr.trim()}`.trim(), {
    code: 'harness',
    hint: 'run: npm run airgap -- doctor',
  });
}
