// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect } from 'chai';
import { readFirstWords } from '../../../../harness/observe/sink/first-words.ts';
import { refusedConnections } from '../../../../harness/observe/sink/refused-connections.ts';

const read = (text: string, isAll = false): ReturnType<typeof readFirstWords> =>
  readFirstWords(Buffer.from(text, 'latin1'), isAll);

/** The first bytes that Node's own TLS client sends. */
async function clientHello(servername: string | undefined, ALPNProtocols: string[]): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const client = connectTls({
    socket: connect(port, '127.0.0.1'),
    ...(servername === undefined ? {} : { servername }),
    ALPNProtocols,
  });
  client.on('error', () => {}); // it never gets an answer
  const [socket] = await once(server, 'connection');
  const [bytes] = await once(socket, 'data');
  client.destroy();
  socket.destroy();
  server.close();
  return bytes;
}

describe('what a client says first', () => {
  it('of TLS the server name and the protocols, once the record is whole', async () => {
    const hello = await clientHello('Registry.Vendor.Example', ['h2', 'http/1.1']);
    expect(readFirstWords(hello, false)).to.deep.equal({
      kind: 'tls',
      sni: 'registry.vendor.example',
      alpn: ['h2', 'http/1.1'],
    });
    for (const part of [1, 3, 5, 60, hello.length - 1])
      expect(readFirstWords(hello.subarray(0, part), false), `${part} bytes`).to.equal(null);
    expect(readFirstWords(await clientHello(undefined, []), false)).to.include({ kind: 'tls', sni: null });
  });

  it('of a greeting that is broken or cut off, its bytes; nothing throws, wherever it ends', async () => {
    const hello = await clientHello('a.example', ['h2']);
    for (let end = 1; end < hello.length; end += 7) {
      const words = readFirstWords(hello.subarray(0, end), true);
      expect(words?.kind, `${end} bytes`).to.be.oneOf(['bytes', 'tls']);
    }
    for (let at = 5; at < hello.length; at += 1) {
      const broken = Buffer.from(hello);
      broken[at] = 0xff;
      expect(readFirstWords(broken, true), `byte ${at}`).to.not.equal(null);
    }
  });

  it('of HTTP the host and the path, and no query, where secrets travel', () => {
    expect(
      read('GET /v1/check?token=s3cret HTTP/1.1\r\nUser-Agent: x\r\nHOST: Updates.Example:8080\r\n\r\n'),
    ).to.deep.equal({
      kind: 'http',
      method: 'GET',
      host: 'updates.example:8080',
      path: '/v1/check',
    });
    expect(read('GET /v1 HTTP/1.1\r\nHost: updat')).to.equal(null);
    expect(read('GET / HTTP/1.0\r\n\r\n')).to.deep.equal({
      kind: 'http',
      method: 'GET',
      host: null,
      path: '/',
    });
  });

  it('of a request to a proxy, what it is asked for, without a password', () => {
    expect(read('CONNECT Registry.Example:443 HTTP/1.1\r\nHost: registry.example:443\r\n\r\n')).to.deep.equal(
      {
        kind: 'http',
        method: 'CONNECT',
        host: 'registry.example:443',
        path: '',
      },
    );
    expect(
      read('GET http://jo:pw@deb.example/debian/x?y=1 HTTP/1.1\r\nHost: other.example\r\n\r\n'),
    ).to.deep.equal({
      kind: 'http',
      method: 'GET',
      host: 'deb.example',
      path: '/debian/x',
    });
  });

  it('of everything else the first bytes; nothing at all is told too', () => {
    expect(read('SSH-2.0-OpenSSH')).to.equal(null);
    expect(read('SSH-2.0-OpenSSH_9')).to.deep.equal({
      kind: 'bytes',
      hex: Buffer.from('SSH-2.0-OpenSSH_9').toString('hex'),
    });
    expect(read('GETTING ON', true)).to.deep.equal({
      kind: 'bytes',
      hex: Buffer.from('GETTING ON').toString('hex'),
    });
    expect(read('', false)).to.equal(null);
    expect(read('', true)).to.deep.equal({ kind: 'nothing' });
    expect(read(`GET /${'x'.repeat(20_000)}`)?.kind).to.equal('bytes');
  });

  it('connections that the kernel could not queue are read by their name', () => {
    const netstat =
      'TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 0 3 4\nIpExt: InNoRoutes\nIpExt: 1\n';
    expect(refusedConnections(netstat)).to.equal(4);
    expect(refusedConnections('IpExt: InNoRoutes\nIpExt: 1\n')).to.equal(0);
  });
});
