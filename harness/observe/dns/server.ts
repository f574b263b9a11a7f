// SPDX-License-Identifier: Apache-2.0
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import { reasonOf } from '../../core/errors.ts';
import { questionsOf } from '../dns-question.ts';
import { droppedDatagrams } from './dropped-datagrams.ts';
import type { ServerLine } from './server-lines.ts';
import { startTcpServer } from './tcp-server.ts';
import { startUdpServer } from './udp-server.ts';
import { NameBook } from './name-book.ts';
import { Zone } from './zone.ts';

// The fake DNS: a program of its own, since it runs in the sink's network namespace. Arguments: port, what it knows (JSON:
// the site's own zone; the cluster's domain when every name of the outside is to have an address, else null), then addresses.
// It writes each question to standard output and takes `flush NAME` on standard input.

const [port = '', knowledge = '', ...addresses] = process.argv.slice(2);
const known = z
  .strictObject({
    zone: z.array(z.strictObject({ name: z.string(), address: z.string() })),
    trapBeside: z.string().nullable(),
  })
  .parse(JSON.parse(knowledge));
const zone = new Zone(known.zone, known.trapBeside === null ? null : new NameBook(known.trapBeside));
const STANDARD_OUTPUT = 1;
const STANDARD_ERROR = 2;

let unsaid: string[] = [];

/** Written together at the end of the event loop's turn: a storm of questions is one write. */
function say(line: ServerLine): void {
  if (unsaid.length === 0) setImmediate(speak);
  unsaid.push(`${JSON.stringify(line)}\n`);
}

function speak(): void {
  const bytes = Buffer.from(unsaid.join(''));
  unsaid = [];
  for (let at = 0; at < bytes.length; ) at += writeSync(STANDARD_OUTPUT, bytes, at);
}

const started = await Promise.allSettled(
  addresses.flatMap((address) =>
    [startUdpServer, startTcpServer].map(
      async (start) =>
        await start({ address, port: Number(port) }, (query, transport, from) => {
          const at = String(process.hrtime.bigint());
          const { message, address: given } = zone.answer(query);
          const answer = given === null ? {} : { answer: given };
          for (const { name, type, id } of questionsOf(query) ?? []) {
            say({ say: 'question', at, transport, from, server: address, name, type, id, ...answer });
          }
          return message;
        }),
    ),
  ),
);
const endpoints = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
const failure = started.find((result) => result.status === 'rejected');
if (failure === undefined) {
  say({ say: 'listening' });
  await obey();
} else {
  writeSync(STANDARD_ERROR, `${reasonOf(failure.reason)}\n`);
  process.exitCode = 1;
}
for (const endpoint of endpoints) endpoint.close();

async function obey(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const [word, order = ''] = line.split(' ');
    if (word !== 'flush') continue;
    await Promise.all(endpoints.map(async (endpoint) => await endpoint.caughtUp()));
    // Two turns of the event loop: sockets that were readable by then have been read.
    await turn();
    await turn();
    say({ say: 'flushed', order, dropped: droppedDatagrams(Number(port)) });
  }
}
