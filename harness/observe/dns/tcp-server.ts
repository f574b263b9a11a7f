// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Answerer, DnsEndpoint, Place } from './endpoint.ts';

const IDLE_MS = 5_000;

/** Answers over TCP: messages behind their length in two bytes, several in one connection. */
export async function startTcpServer(place: Place, answer: Answerer): Promise<DnsEndpoint> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    let held = Buffer.alloc(0);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy()); // reset by who asked
    socket.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
        const query = held.subarray(2, 2 + held.readUInt16BE(0));
        held = held.subarray(2 + query.length);
        const from = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
        const reply = answer(query, 'tcp', from);
        if (reply === null) continue;
        const length = Buffer.alloc(2);
        length.writeUInt16BE(reply.length);
        socket.write(Buffer.concat([length, reply]));
      }
    });
  });
  server.listen({ host: place.address, port: place.port });
  await once(server, 'listening');
  return {
    // A connection to itself: those that were made before it have been accepted before it.
    async caughtUp() {
      const socket = connect({ host: place.address, port: place.port });
      const accepted = once(server, 'connection');
      await Promise.all([once(socket, 'connect'), accepted]);
      socket.destroy();
    },
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
