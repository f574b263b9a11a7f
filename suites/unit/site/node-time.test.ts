// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreV1Api } from '@kubernetes/client-node';
import { expect } from 'chai';
import { hostKernelClock, type KernelClock } from '../../../harness/core/clock.ts';
import { reasonOf } from '../../../harness/core/errors.ts';
import { SocketKubeConfig } from '../../../harness/site/socket-kube-config.ts';

const DAY_MS = 24 * 3600 * 1000;
const VALID_DAYS = 1000;

function ahead(days: number): KernelClock {
  return { ...hostKernelClock, toHostRealtime: (ns) => ns - BigInt(days * DAY_MS) * 1_000_000n };
}

describe('site: an API server whose clock is not this machine’s', () => {
  const dir = mkdtempSync(join(tmpdir(), 'airgap-node-time-'));
  const socket = join(dir, 'api.sock');
  let server: Server;

  /** Its own authority, as far as a client is concerned. */
  const certificate = (name: string, host: string): void => {
    const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`];
    const args = ['req', '-x509', ...key, ...subject, '-days', String(VALID_DAYS), '-out', `${name}.crt`];
    execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });
  };
  const read = (file: string): Buffer => readFileSync(join(dir, file));
  const serve = async (name: string): Promise<void> => {
    server = createServer({ key: read(`${name}.key`), cert: read(`${name}.crt`) }, (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"kind":"NodeList","items":[]}');
    });
    server.listen(socket);
    await once(server, 'listening');
  };
  /** `listed`, or why not. */
  const ask = async (clock: KernelClock, authority: string): Promise<string> => {
    const data = read(`${authority}.crt`).toString('base64');
    const config = `apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: "https://127.0.0.1:6443", certificate-authority-data: ${data} } }]
users: [{ name: u, user: {} }]
contexts: [{ name: x, context: { cluster: c, user: u } }]
current-context: x
`;
    const api = new SocketKubeConfig(config, socket, { pace: 0.1, clock }).makeApiClient(CoreV1Api);
    return await api.listNode().then(
      () => 'listed',
      (error: unknown) => (error instanceof Error ? reasonOf(error.cause ?? error) : 'no error'),
    );
  };

  before(() => {
    certificate('right', 'kubernetes');
    certificate('other', 'kubernetes');
    certificate('elsewhere', 'example.org');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  after(() => rmSync(dir, { recursive: true }));

  it('is judged by its own clock', async () => {
    await serve('right');
    expect(await ask(hostKernelClock, 'right')).to.equal('listed');
    expect(await ask(ahead(730), 'right')).to.equal('listed');
    expect(await ask(ahead(VALID_DAYS + 1), 'right')).to.match(/^its certificate was valid until 20/);
    expect(await ask(ahead(-2), 'right')).to.match(/^its certificate is valid from 20.* on$/);
  });

  it('is refused with the certificate of another authority, or for another name', async () => {
    await serve('right');
    expect(await ask(ahead(730), 'other')).to.equal(
      'its certificate is not signed by the cluster’s authority',
    );
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    await serve('elsewhere');
    expect(await ask(ahead(730), 'elsewhere')).to.equal('its certificate is not for kubernetes');
  });
});
