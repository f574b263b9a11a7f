// SPDX-License-Identifier: Apache-2.0
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Answerer, DnsEndpoint, Place } from './endpoint.ts';

const BUFFER_BYTES = 8 * 1024 * 1024;
/** No DNS message: its header would have the bit of an answer. */
const MARKER = 'caught\xff up ';
const SEND_AGAIN_MS = 20;

/** Answers over UDP. Rejects when the address cannot be bound. */
export async function startUdpServer(place: Place, answer: Answerer): Promise<DnsEndpoint> {
  const socket = createSocket({
    type: isIPv6(place.address) ? 'udp6' : 'udp4',
    recvBufferSize: BUFFER_BYTES, // as far as net.core.rmem_max lets it
  });
  const waiting = new Map<string, () => void>();
  let markers = 0;
  socket.on('message', (query, from) => {
    const caughtUp = waiting.get(query.toString('latin1', 0, 40));
    if (caughtUp !== undefined) return caughtUp();
    const reply = answer(query, 'udp', { address: from.address, port: from.port });
    if (reply !== null) socket.send(reply, from.port, from.address, () => {}); // who has gone needs no answer
  });
  const listening = once(socket, 'listening');
  socket.bind(place);
  await listening;
  return {
    // A datagram to itself: a socket's queue is first in, first out. Sent again while the queue may be full.
    async caughtUp() {
      const { promise, resolve } = Promise.withResolvers<void>();
      markers += 1;
      const marker = `${MARKER}${markers}`;
      waiting.set(marker, resolve);
      const send = (): void =>
        socket.send(Buffer.from(marker, 'latin1'), place.port, place.address, () => {});
      const timer = setInterval(send, SEND_AGAIN_MS);
      send();
      await promise;
      clearInterval(timer);
      waiting.delete(marker);
    },
    close: () => void socket.close(),
  };
}
