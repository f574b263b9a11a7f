// SPDX-License-Identifier: Apache-2.0
import { createSocket } from 'node:dgram';
import { ntpAnswer } from './ntp-packet.ts';

// The clock that the site's time server follows: this machine's, wrong by as many seconds as are asked for. A program of its
// own, since it runs in the time server's namespace. Arguments: address, port, seconds.

const [address = '', port = '', skew = '0'] = process.argv.slice(2);
const skewNs = BigInt(Math.round(Number(skew) * 1e9));
/** CLOCK_REALTIME in nanoseconds when CLOCK_MONOTONIC was zero, to read the time more finely than in milliseconds. */
const began = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();

const socket = createSocket('udp4');
socket.on('message', (question, from) => {
  const answer = ntpAnswer(question, began + process.hrtime.bigint() + skewNs);
  if (answer !== null) socket.send(answer, from.port, from.address);
});
socket.bind({ address, port: Number(port) });
