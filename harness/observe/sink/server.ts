// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { type FirstWords, readFirstWords } from './first-words.ts';
import { refusedConnections } from './refused-connections.ts';
import type { SinkLine } from './server-lines.ts';

// The sink's listener: a program of its own, in the sink's network namespace. Arguments: the port it listens on, its
// backlog, and `trap` or `proxy`. The listening socket is inherited as file descriptor $SINK_FD (open-listener.ts). It takes
// each connection, reads what the client says first, writes that to standard output and ends the connection: reset, or as a
// proxy with the answer that it is not allowed. It takes `flush NAME` on standard input.

const [port = '', backlog = '', mode = ''] = process.argv.slice(2);
const STANDARD_OUTPUT = 1;
/** A client that waits for the server to speak first says nothing for this long. */
const SILENCE_MS = 1500;
/** One that says it bit by bit is heard this long. */
const HEARING_MS = 3000;
const REFUSAL = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

const LOOPBACK = '127.0.0.1';
const visits = new Set<Promise<void>>();
/** Ports of connections to itself that were accepted. */
const own = new Set<number>();
const server = createServer({ noDelay: true }, (socket) => {
  if (bare(socket.remoteAddress) === LOOPBACK) {
    own.add(socket.remotePort ?? 0);
    socket.on('error', () => {}); // reset by itself
    socket.destroy();
    return;
  }
  const visit = receive(socket);
  visits.add(visit);
  void visit.then(() => visits.delete(visit));
});
// Node listens once more, with a backlog of 511 where none is given; beside a descriptor it is an argument, not an option.
server.listen({ fd: Number(process.env['SINK_FD']) }, Number(backlog));
await once(server, 'listening');
say({ say: 'listening' });
for await (const line of createInterface({ input: process.stdin })) {
  const [word, order = ''] = line.split(' ');
  if (word !== 'flush') continue;
  await caughtUp();
  say({ say: 'flushed', order, lost: refusedConnections(readFileSync('/proc/self/net/netstat', 'utf8')) });
}
process.exit(0); // connections that are open end with it

/** A connection to itself: those that were made before it are accepted before it. Then each of them is heard out. */
async function caughtUp(): Promise<void> {
  const socket = connect({ host: LOOPBACK, port: Number(port) });
  socket.on('error', () => {}); // it is ended like all others
  await once(socket, 'connect');
  const { localPort = 0 } = socket;
  while (!own.delete(localPort)) await once(server, 'connection');
  socket.destroy();
  await Promise.all(visits);
}

async function receive(socket: Socket): Promise<void> {
  const at = String(process.hrtime.bigint());
  const from = { address: bare(socket.remoteAddress), port: socket.remotePort ?? 0 };
  const to = { address: bare(socket.localAddress), port: socket.localPort ?? 0 };
  const words = await hear(socket);
  say({ say: 'visit', at, from, to, words });
  if (mode === 'proxy' && words.kind === 'http') socket.end(REFUSAL, () => socket.destroy());
  else if (socket.destroyed) return;
  else socket.resetAndDestroy();
}

async function hear(socket: Socket): Promise<FirstWords> {
  const { promise, resolve } = Promise.withResolvers<FirstWords>();
  let held = Buffer.alloc(0);
  const decide = (isAll: boolean): void => {
    const words = readFirstWords(held, isAll);
    if (words !== null) resolve(words);
  };
  const over = setTimeout(() => decide(true), HEARING_MS);
  socket.setTimeout(SILENCE_MS, () => decide(true));
  socket.on('error', () => decide(true)); // reset by who came
  socket.on('end', () => decide(true));
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    decide(false);
  });
  const words = await promise;
  clearTimeout(over);
  socket.pause();
  return words;
}

/** IPv4 as IPv4: the listener takes both families. */
function bare(address = ''): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}

function say(line: SinkLine): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let at = 0; at < bytes.length; ) at += writeSync(STANDARD_OUTPUT, bytes, at);
}
