// SPDX-License-Identifier: Apache-2.0
import { type DisposableTempDir, mkdtempDisposable, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { REPO_ROOT } from '../support/needs.ts';
import { IMAGES, type ReleaseSite, releaseSite } from './release-site.ts';

const FILES = {
  k3s: Buffer.from("#!/bin/sh\necho 'k3s version v1.36.3+k3s1 (0123abcd)'\n"),
  [IMAGES]: Buffer.from('images'),
};

/** As GitHub is asked: over TLS, and where the machine has one, through a proxy. */
describe('a release over TLS', function overTls() {
  this.timeout(60_000);
  const stack = new AsyncDisposableStack();
  let dir: DisposableTempDir;
  let cert: string;
  let site: ReleaseSite;

  before(async () => {
    dir = stack.use(await mkdtempDisposable(join(tmpdir(), 'k3s-tls-')));
    cert = join(dir.path, 'cert.pem');
    const key = join(dir.path, 'key.pem');
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    await execa('openssl', ['req', ...kind, '-keyout', key, '-out', cert, ...subject]);
    const tls = { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
    site = stack.use(await releaseSite(FILES, tls));
  });
  after(async () => await stack.disposeAsync());

  /** In a process of its own: which certificates and proxies count is read when one starts. */
  async function fetched(env: Readonly<Record<string, string>>): Promise<string> {
    await using cache = await mkdtempDisposable(join(dir.path, 'cache-'));
    const module = join(REPO_ROOT, 'infra/setup');
    const script = `
      import { AssetCache } from '${module}/cache.ts';
      import { k3sRelease } from '${module}/k3s-release.ts';
      const { k3s, reason } = await k3sRelease(new URL('${site.base.href}'), new AssetCache('${cache.path}'));
      console.log(k3s?.version ?? 'unreachable: ' + reason);`;
    const clean = {
      HTTPS_PROXY: '',
      HTTP_PROXY: '',
      NO_PROXY: '',
      https_proxy: '',
      http_proxy: '',
      no_proxy: '',
    };
    const options = { env: { ...clean, ...env }, reject: false, all: true } as const;
    return (await execa(process.execPath, ['--input-type=module', '--eval', script], options)).all;
  }

  it('comes when the certificate is trusted, also from where it redirects to', async () => {
    site.behaviour.redirect = true;
    expect(await fetched({ NODE_EXTRA_CA_CERTS: cert })).to.equal('k3s version v1.36.3+k3s1 (0123abcd)');
  });

  it('not from a site whose certificate nobody knows', async () => {
    expect(await fetched({})).to.match(/^unreachable: self-signed certificate/);
  });

  it('never on from TLS to a connection that anybody can change', async () => {
    await using plain = await releaseSite(FILES);
    site.behaviour.redirect = plain.base.origin;
    expect(await fetched({ NODE_EXTRA_CA_CERTS: cert })).to.match(
      /^unreachable: it redirects from https:\S+ to "http:\/\/127\S+sha256sum-amd64.txt"$/,
    );
    expect(plain.requests).to.deep.equal([]);
  });

  it('goes through the proxy of the environment, and past it to where NO_PROXY says', async () => {
    site.behaviour.redirect = true;
    const asked: string[] = [];
    const proxy = createServer().on('connect', (request, client) => {
      asked.push(request.url ?? '');
      const upstream = connect(Number(site.base.port), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        client.pipe(upstream).pipe(client);
      });
      for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
    });
    stack.defer(() => void proxy.close());
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const env = { NODE_EXTRA_CA_CERTS: cert, HTTPS_PROXY: `http://127.0.0.1:${port}` };
    expect(await fetched(env)).to.match(/^k3s version/);
    expect([...new Set(asked)]).to.deep.equal([site.base.host]);
    asked.length = 0;
    expect(await fetched({ ...env, NO_PROXY: '127.0.0.1' })).to.match(/^k3s version/);
    expect(asked).to.deep.equal([]);
    expect(await fetched({ ...env, HTTPS_PROXY: 'http://127.0.0.1:9' })).to.match(
      /^unreachable: .*127.0.0.1:9/,
    );
  });
});
