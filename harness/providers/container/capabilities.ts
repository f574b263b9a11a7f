// SPDX-License-Identifier: Apache-2.0

/**
 * Capabilities by bit (capability.h) as far as every engine in use names them: Docker 20.10 knows none of PERFMON, BPF and
 * CHECKPOINT_RESTORE (38 to 40) and refuses a container that asks for one.
 */
const NAMES = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
] as const;

/**
 * What a node's container asks for, one by one: `--privileged` asks for all, and an engine that lacks one (SYS_RESOURCE is
 * often withheld from a machine's root) then starts nothing.
 *
 * @param procStatus text of /proc/PID/status of a process with the engine's rights
 */
export function capabilitiesWithin(procStatus: string): string[] {
  const bounding = BigInt(`0x${/^CapBnd:\s+([0-9a-f]+)$/m.exec(procStatus)?.[1] ?? '0'}`);
  return NAMES.filter((_, bit) => (bounding >> BigInt(bit)) & 1n);
}
