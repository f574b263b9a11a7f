// SPDX-License-Identifier: Apache-2.0
import { createSocket } from 'node:dgram';
import { NTP_LENGTH } from './ntp-packet.ts';

// Ends with 0 when a time server gives a time that it vouches for, with 1 when it does not within a second. Argument: address.

const [address = ''] = process.argv.slice(2);
const socket = createSocket('udp4');
const question = Buffer.alloc(NTP_LENGTH);
question[0] = 0x23; // version 4, client (RFC 5905, 7.3)

socket.on('message', (answer) => {
  const leap = (answer[0] ?? 0) >> 6; // 3: not synchronised
  const stratum = answer[1] ?? 0; // 0: a kiss of death
  process.exit(leap === 3 || stratum === 0 ? 1 : 0);
});
socket.send(question, 123, address);
setTimeout(() => process.exit(1), 1000);
