// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

/** Datagrams that the kernel threw away because a socket of this port was full, in the caller's network namespace. */
export function droppedDatagrams(port: number): number {
  return ['/proc/self/net/udp', '/proc/self/net/udp6']
    .flatMap((path) => readFileSync(path, 'utf8').split('\n').slice(1))
    .map((line) => dropsIn(line, port))
    .reduce((sum, drops) => sum + drops, 0);
}

/** One line of /proc/net/udp: `sl local_address rem_address ... drops`, ports in hexadecimal. */
export function dropsIn(line: string, port: number): number {
  const fields = line.trim().split(/\s+/);
  const local = Number.parseInt(fields[1]?.split(':')[1] ?? '', 16);
  return local === port ? Number(fields.at(-1)) : 0;
}
