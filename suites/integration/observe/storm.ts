// SPDX-License-Identifier: Apache-2.0

/**
 * A shell command: `processes` programs at once, each of which connects `tries` times to 203.0.113.9 port 80, or `to`,
 * `perSecond` of them a second together.
 */
export function stormOf({
  processes,
  tries,
  perSecond,
  to = { address: '203.0.113.9', port: 80 },
}: {
  readonly processes: number;
  readonly tries: number;
  readonly perSecond: number;
  readonly to?: { readonly address: string; readonly port: number };
}): string {
  const each = perSecond / processes;
  const program = `use Socket; use Time::HiRes qw(time sleep);
$to = pack_sockaddr_in(${to.port}, inet_aton("${to.address}")); $began = time;
for $n (1..${tries}) {
  socket(S, PF_INET, SOCK_STREAM, 0); connect(S, $to);
  if ($n % 100 == 0) { $early = $began + $n / ${each} - time; sleep $early if $early > 0; }
}`.replaceAll('\n', ' ');
  const list = Array.from({ length: processes }, (_, index) => index + 1).join(' ');
  return `for p in ${list}; do perl -e '${program}' & done; wait`;
}
