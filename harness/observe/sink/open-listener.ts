// SPDX-License-Identifier: Apache-2.0

/**
 * Perl, because Node cannot set IP_TRANSPARENT: opens a listener of both families on $port of every address, to which the
 * kernel may hand connections for addresses that are not its own (tproxy), and becomes the program behind it with the
 * listener as file descriptor $SINK_FD. Numbers: SOL_IPV6 41, IPV6_V6ONLY 26, SOL_IP 0, IP_TRANSPARENT 19,
 * IPV6_TRANSPARENT 75 (include/uapi/linux/in.h, in6.h).
 */
const OPEN = `
BEGIN { $^F = 20 }
use Socket qw(:all);
my $port = shift;
socket(my $s, AF_INET6, SOCK_STREAM, 0) or die "socket: $!";
setsockopt($s, SOL_SOCKET, SO_REUSEADDR, pack("i", 1)) or die "SO_REUSEADDR: $!";
setsockopt($s, 41, 26, pack("i", 0)) or die "IPV6_V6ONLY: $!";
setsockopt($s, 0, 19, pack("i", 1)) or die "IP_TRANSPARENT: $!";
setsockopt($s, 41, 75, pack("i", 1)) or die "IPV6_TRANSPARENT: $!";
bind($s, pack_sockaddr_in6($port, inet_pton(AF_INET6, "::"))) or die "bind: $!";
listen($s, 4096) or die "listen: $!";
$ENV{SINK_FD} = fileno($s);
exec { $ARGV[0] } @ARGV or die "exec: $!";
`;

/** The command line of a program that gets such a listener. */
export function withListener(port: number, argv: readonly string[]): readonly string[] {
  return ['perl', '-e', OPEN, String(port), ...argv];
}
