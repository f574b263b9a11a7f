// SPDX-License-Identifier: Apache-2.0
import { rootless } from './rootless.ts';

/**
 * tcpdump started by root gives up its groups, and ends where it cannot (initgroups in droproot of tcpdump.c). In a user namespace
 * that maps one user, no group list can be set (user_namespaces(7), /proc/PID/setgroups). A filter of system calls (seccomp(2))
 * answers setgroups (116 on x86-64) with success, for this program alone: it stays the user that it is.
 */
const KEEP_GROUPS = [
  'my $filter = pack "(SCCL)*", 0x20,0,0,0, 0x15,0,1,116, 0x06,0,0,0x50000, 0x06,0,0,0x7fff0000',
  'my $program = pack "Sx6P", 4, $filter',
  'syscall(157, 22, 2, $program) == 0 or die "seccomp: $!\\n"', // prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER)
  'exec @ARGV or die "$ARGV[0]: $!\\n"',
].join('; ');

/** The command line of tcpdump on this machine: with a user namespace's root it needs help. It keeps its process id. */
export function tcpdumpCommand(args: readonly string[], isRootless = rootless() !== null): string[] {
  const argv = ['tcpdump', ...args];
  return isRootless ? ['perl', '-e', KEEP_GROUPS, ...argv, '--relinquish-privileges=root'] : argv;
}
