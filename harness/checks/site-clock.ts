// SPDX-License-Identifier: Apache-2.0
import type { Check } from '../core/cluster.ts';
import { HarnessError } from '../core/errors.ts';
import { HARNESS_MARK, type PlannedService } from '../core/site.ts';
import { verdictOf } from './listing.ts';

/** Seconds. etcd warns from one second between its members on; certificates, Kerberos and logs bear more. */
export const MOST_SECONDS = 1;

/**
 * Asks a time server once (RFC 5905: mode 3, version 4) and prints the node's clock before and after, then the answer in
 * hexadecimal. bash opens the UDP port.
 */
const ASK = `exec 3<>"/dev/udp/$1/123" || exit 1
date +%s.%N
printf '\\043%047d' 0 | tr '0' '\\000' >&3
timeout 5 head -c 48 <&3 | od -An -v -tx1 | tr -d ' \\n'
echo
date +%s.%N`;

/** Seconds from NTP's era to Unix's. */
const ERA = 2_208_988_800;
/** Offset of the transmit time stamp, in hexadecimal digits. */
const SENT = 80;

export function clockCheck({ hosts, name }: PlannedService): Check {
  return {
    id: 'clock',
    title: 'the node’s clock agrees with the site’s time server',
    phase: 'exercise',
    async run({ cluster: { node } }) {
      const [host = name] = hosts;
      const { stdout, stderr, exitCode } = await node.exec(['bash', '-c', ASK, HARNESS_MARK, host], {
        timeoutMs: 15_000 * node.pace,
      });
      if (exitCode === 127) {
        throw new HarnessError(`node "${node.name}" has no bash, so its clock could not be compared`, {
          code: 'harness',
        });
      }
      const ahead = clockAhead(stdout);
      if (ahead === null) {
        return verdictOf(
          [`${host} gave node ${node.name} no time: ${stderr.trim() || 'no answer in 5 s'}`],
          '',
        );
      }
      const told = `the clock of node ${node.name} is ${Math.abs(ahead).toFixed(3)} s ${ahead < 0 ? 'behind' : 'ahead of'} ${host}`;
      return verdictOf(
        Math.abs(ahead) > MOST_SECONDS ? [`${told}; at most ${MOST_SECONDS} s is borne`] : [],
        told,
      );
    },
  };
}

/** Seconds that the node is ahead of the server, from what `ASK` printed; null when there was no answer. */
export function clockAhead(text: string): number | null {
  const [before, answer = '', after] = text.split('\n');
  if (answer.length < SENT + 16) return null;
  const seconds = Number.parseInt(answer.slice(SENT, SENT + 8), 16) - ERA;
  const fraction = Number.parseInt(answer.slice(SENT + 8, SENT + 16), 16) / 2 ** 32;
  return (Number(before) + Number(after)) / 2 - (seconds + fraction);
}
