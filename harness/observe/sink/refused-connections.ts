// SPDX-License-Identifier: Apache-2.0

/**
 * Connections that the kernel could not queue for a listener, from the text of /proc/net/netstat: lines of names and lines of
 * values, in pairs. Zero where it has no such counter.
 */
export function refusedConnections(netstat: string): number {
  const lines = netstat.split('\n').filter((line) => line.startsWith('TcpExt:'));
  const [names = [], values = []] = lines.map((line) => line.split(/\s+/));
  const at = names.indexOf('ListenDrops');
  return at === -1 ? 0 : Number(values[at]);
}
