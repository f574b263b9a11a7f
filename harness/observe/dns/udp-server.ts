// SPDX-License-Identifier: Apache-2.0
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Answerer, DnsEndpoint, Place } from './endpoint.ts';

const BUFFER_BYTES = 8 * 1024 * 1024;
/** No DNS message: a real one is at least 12 bytes long. */
const MARKER = Buffer.from('caught up');

/** Answers over UDP. Rejects when the address cannot be bound. */
export async function startUdpServer(place: Place, answer: Answerer): Promise<DnsEndpoint> {
  const socket = createSocket({
    type: isIPv6(place.address) ? 'udp6' : 'udp4',
    recvBufferSize: BUFFER_BYTES, // as far as net.core.rmem_max lets it
  });
  const waiting: (() => void)[] = [];
  socket.on('message', (query, from) => {
    if (query.equals(MARKER)) return waiting.shift()?.();
    const reply = answer(query, 'udp', { address: from.address, port: from.port });
    if (reply !== null) socket.send(reply, from.port, from.address, () => {}); // who has gone needs no answer
  });
  const listening = once(socket, 'listening');
  socket.bind(place);
  await listening;
  return {
    // A datagram to itself: a socket's queue is first in, first out.
    async caughtUp() {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      socket.send(MARKER, place.port, place.address);
      await promise;
    },
    close: () => void socket.close(),
  };
}
