// SPDX-License-Identifier: Apache-2.0
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { connect } from 'node:net';

// An application in a gap: tries what its arguments say (JSON list of tries), all at once, and prints what each met.

interface Try {
  readonly kind: 'tcp' | 'udp' | 'name';
  readonly address: string;
  readonly port: number;
  readonly server?: string;
}

const PATIENCE_MS = 3000;
const REQUEST = 'GET /v1/latest?token=secret HTTP/1.1\r\nHost: updates.vendor.example\r\n\r\n';

const tries: readonly Try[] = JSON.parse(process.argv[2] ?? '[]');
const met = await Promise.all(
  tries.map(async (one) => await { tcp: overTcp, udp: overUdp, name: askName }[one.kind](one)),
);
console.log(JSON.stringify(met));
process.exit();

function codeOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}

async function overTcp({ address, port }: Try): Promise<string> {
  return await new Promise((resolve) => {
    let before = '';
    const socket = connect({ host: address, port, timeout: PATIENCE_MS });
    socket.on('connect', () => {
      before = 'connected, then ';
      socket.write(REQUEST);
    });
    socket.on('error', (error) => resolve(before + codeOf(error)));
    socket.on('timeout', () => resolve(`${before}silence`));
    socket.on('data', (data) => resolve(`${before}${data.toString('latin1').split('\r\n', 1)[0]}`));
    socket.on('end', () => resolve(`${before}closed`));
  });
}

async function overUdp({ address, port }: Try): Promise<string> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  return await new Promise((resolve) => {
    setTimeout(resolve, PATIENCE_MS, 'silence');
    socket.on('error', (error) => resolve(codeOf(error)));
    socket.on('connect', () => {
      socket.send('hello', (error) => {
        if (error !== null) resolve(codeOf(error));
      });
    });
    socket.connect(port, address);
  });
}

/** `address` is a name here, asked of `server`, by default the node's resolver. */
async function askName({ address, server = '10.99.0.2' }: Try): Promise<string> {
  const resolver = new Resolver({ timeout: PATIENCE_MS, tries: 1 });
  resolver.setServers([server]);
  const [ipv4, ipv6] = await Promise.allSettled([resolver.resolve4(address), resolver.resolve6(address)]);
  return [ipv4, ipv6]
    .map((result) => (result.status === 'fulfilled' ? result.value.join(' ') : codeOf(result.reason)))
    .join(', ');
}
