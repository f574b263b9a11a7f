// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net';

// Accepts connections and says nothing: a program of its own, since it runs in a namespace of its own. Arguments: address,
// then ports. One JSON line on standard output for each connection.

const [host = '', ...ports] = process.argv.slice(2);

for (const port of ports) {
  const server = createServer((socket) => {
    const line = { at: new Date().toISOString(), client: socket.remoteAddress, port: Number(port) };
    process.stdout.write(`${JSON.stringify(line)}\n`);
    socket.on('error', () => socket.destroy()); // reset by who connected
    socket.resume();
  });
  server.listen({ host, port: Number(port) });
}
