// SPDX-License-Identifier: Apache-2.0

/** An engine's names for the limits that it sets by itself, and the kernel's (proc_pid_limits(5)). */
const LIMITS = [
  ['nofile', 'Max open files'],
  ['nproc', 'Max processes'],
] as const;

export interface Ulimit {
  readonly Name: string;
  /** -1: none. */
  readonly Soft: number;
  readonly Hard: number;
}

/**
 * A container's limits of open files and processes as those of a process: a node made of namespaces has the harness's as well.
 * Left to itself, an engine may ask for more than a root without SYS_RESOURCE can give (Podman does), and start nothing.
 *
 * @param procLimits text of /proc/PID/limits
 * @param pidMax /proc/sys/kernel/pid_max: more processes there cannot be, and Podman lowers its own limit to it
 */
export function ulimitsOf(procLimits: string, pidMax: number): Ulimit[] {
  const bound = (name: string, text: string): number => {
    const value = text === 'unlimited' ? -1 : Number(text);
    return name === 'nproc' && (value === -1 || value > pidMax) ? pidMax : value;
  };
  return LIMITS.flatMap(([name, title]) => {
    const [, soft, hard] = new RegExp(`^${title} +(\\S+) +(\\S+)`, 'm').exec(procLimits) ?? [];
    return soft === undefined || hard === undefined
      ? []
      : [{ Name: name, Soft: bound(name, soft), Hard: bound(name, hard) }];
  });
}
