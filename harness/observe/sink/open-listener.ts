// SPDX-License-Identifier: Apache-2.0

/** Connections that the kernel holds until the listener takes them: what a storm may be ahead of it. */
export const BACKLOG = 16_384;

/**
 * Perl, because Node cannot set IP_TRANSPARENT: opens a listener of both families on $port of every address, to which the
 * kernel may hand connections for addresses that are not its own (tproxy), and becomes the program behind it with the
 * listener as file descriptor $SINK_FD. Numbers: SOL_IPV6 41, IPV6_V6ONLY 26, SOL_IP 0, IP_TRANSPARENT 19,
 * IPV6_TRANSPARENT 75 (include/uapi/linux/in.h, in6.h). The kernel cuts a backlog to net.core.somaxconn, of which each network
 * namespace has its own (Documentation/admin-guide/sysctl/net.rst); where it may not be set, the backlog is what it was.
 */
const OPEN = `
BEGIN { $^F = 20 }
use Socket qw(:all);
my ($port, $backlog) = splice @ARGV, 0, 2;
if (open my $most, ">", "/proc/sys/net/core/somaxconn") { print $most $backlog; close $most; }
socket(my $s, AF_INET6, SOCK_STREAM, 0) or die "socket: $!";
setsockopt($s, SOL_SOCKET, SO_REUSEADDR, pack("i", 1)) or die "SO_REUSEADDR: $!";
setsockopt($s, 41, 26, pack("i", 0)) or die "IPV6_V6ONLY: $!";
setsockopt($s, 0, 19, pack("i", 1)) or die "IP_TRANSPARENT: $!";
setsockopt($s, 41, 75, pack("i", 1)) or die "IPV6_TRANSPARENT: $!";
bind($s, pack_sockaddr_in6($port, inet_pton(AF_INET6, "::"))) or die "bind: $!";
listen($s, $backlog) or die "listen: $!";
$ENV{SINK_FD} = fileno($s);
exec { $ARGV[0] } @ARGV or die "exec: $!";
`;

/** The command line of a program that gets such a listener, with that backlog. */
export function withListener(
  { port, backlog }: { readonly port: number; readonly backlog: number },
  argv: readonly string[],
): readonly string[] {
  return ['perl', '-e', OPEN, String(port), String(backlog), ...argv];
}
