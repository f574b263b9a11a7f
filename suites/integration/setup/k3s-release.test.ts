// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { type DisposableTempDir, mkdtempDisposable, readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { readAssets } from '../../../harness/core/assets.ts';
import { HarnessError } from '../../../harness/core/errors.ts';
import { AssetCache } from '../../../infra/setup/cache.ts';
import { type FetchedRelease, k3sRelease } from '../../../infra/setup/k3s-release.ts';
import { needs, REPO_ROOT } from '../support/needs.ts';
import { IMAGES, type ReleaseSite, releaseSite, sha256, SUMS } from './release-site.ts';

const VERSION = 'k3s version v1.36.3+k3s1 (0123abcd)';
const PROGRAM = Buffer.from(`#!/bin/sh\necho '${VERSION}'\n`);
const ARCHIVE = randomBytes(3_000_000);

/** As setup's own, but for the pauses. */
const PATIENCE = { answerMs: 5000, idleMs: 300, pauseMs: 1 };

async function failure(work: Promise<unknown>): Promise<HarnessError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof HarnessError) return error;
  throw new Error(`expected a HarnessError, not ${String(error)}`);
}

describe('setup fetches a K3s release', function fetchesRelease() {
  this.timeout(60_000);
  let stack: AsyncDisposableStack;
  let dir: DisposableTempDir;
  let site: ReleaseSite;
  let cache: AssetCache;
  const fetch = async (): Promise<FetchedRelease> => await k3sRelease(site.base, cache, PATIENCE);
  const cached = async (): Promise<string[]> =>
    (await readdir(join(dir.path, 'k3s-release'))).filter((name) => !name.startsWith('.'));
  const ofArchive = (): string[] => site.requests.filter((line) => line.startsWith(IMAGES));

  // a proxy of this machine must hear nothing of these requests
  const { no_proxy: noProxy } = process.env;
  before(() => void (process.env['no_proxy'] = '127.0.0.1'));
  after(() => {
    if (noProxy === undefined) delete process.env['no_proxy'];
    else process.env['no_proxy'] = noProxy;
  });

  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    dir = stack.use(await mkdtempDisposable(join(tmpdir(), 'k3s-release-')));
    cache = new AssetCache(dir.path);
    site = stack.use(await releaseSite({ k3s: PROGRAM, 'k3s-arm64': Buffer.from('x'), [IMAGES]: ARCHIVE }));
  });
  afterEach(async () => await stack.disposeAsync());

  it('whole, by redirects as GitHub answers, and never asks again for what the cache has', async () => {
    site.behaviour.redirect = true;
    const { k3s } = await fetch();
    if (k3s === null) return expect.fail('not fetched');
    expect(site.requests).to.deep.equal([SUMS, 'k3s', IMAGES]);
    expect({ version: k3s.version, standIn: k3s.standIn }).to.deep.equal({
      version: VERSION,
      standIn: false,
    });
    expect(k3s.images.map((path) => basename(path))).to.deep.equal([IMAGES]);
    expect(sha256(await readFile(k3s.images[0] ?? ''))).to.equal(sha256(ARCHIVE));

    site.replace('k3s', Buffer.from('another'));
    expect(await fetch()).to.deep.equal({ k3s, made: false });
    expect(site.requests).to.have.length(3);
    expect(await readdir(join(dir.path, 'downloads'))).to.deep.equal([]);
  });

  it('the stand-in, served as a release is, comes whole and is known for what it is', async function standIn() {
    needs(this, 'k3s');
    const assets = await readAssets(REPO_ROOT);
    if (!assets.k3s.standIn) return this.skip();
    await using big = await releaseSite({
      k3s: await readFile(assets.k3s.binary),
      [IMAGES]: await readFile(assets.k3s.images[0] ?? ''),
    });
    const { k3s } = await k3sRelease(big.base, cache);
    expect(k3s?.standIn).to.equal(true);
    expect(k3s?.version).to.equal(assets.k3s.version);
  });

  it('goes on where it was cut off', async () => {
    site.behaviour.cut = { afterBytes: 1_000_000, times: 2 };
    const { k3s } = await fetch();
    expect(sha256(await readFile(k3s?.images[0] ?? ''))).to.equal(sha256(ARCHIVE));
    expect(ofArchive()[0]).to.equal(IMAGES);
    // a server may lose what it had written when it cut, so the number is its own
    expect(ofArchive().slice(1))
      .to.have.length(2)
      .and.satisfy((lines: string[]) => lines.every((line) => /bytes=[1-9]\d*-$/.test(line)));
  });

  it('begins again at a server that ignores ranges', async () => {
    Object.assign(site.behaviour, { ignoreRange: true, cut: { afterBytes: 1_000_000, times: 2 } });
    const { k3s } = await fetch();
    expect(sha256(await readFile(k3s?.images[0] ?? ''))).to.equal(sha256(ARCHIVE));
  });

  it('begins again when the file changed between the two parts: If-Range', async () => {
    Object.assign(site.behaviour, { ignoreRange: true, cut: { afterBytes: 1_000_000, times: 100 } });
    expect((await failure(fetch())).message).to.contain(IMAGES);
    for (const key of ['ignoreRange', 'cut'] as const) delete site.behaviour[key];
    const other = randomBytes(3_000_000);
    site.replace(IMAGES, other);
    site.replace(SUMS, Buffer.from(`${sha256(PROGRAM)}  k3s\n${sha256(other)} *${IMAGES}\n`));
    const { k3s } = await fetch();
    expect(ofArchive().at(-1)).to.match(/ bytes=[1-9]\d*-$/);
    expect(sha256(await readFile(k3s?.images[0] ?? ''))).to.equal(sha256(other));
  });

  it('gives up when no try brings it further; the next setup goes on from there', async () => {
    Object.assign(site.behaviour, { ignoreRange: true, cut: { afterBytes: 1_000_000, times: 100 } });
    const error = await failure(fetch());
    expect(error.message).to.match(/^cannot fetch http:\S+zst: it came in part: .* 4 tries more$/);
    expect(error.hint).to.contain('it goes on where this one stopped');
    expect(error.code).to.equal('setup');
    expect(await cached()).to.deep.equal([]);

    await cache.tidy();
    for (const key of ['ignoreRange', 'cut'] as const) delete site.behaviour[key];
    site.requests.length = 0;
    expect((await fetch()).k3s).not.to.equal(null);
    expect(site.requests.slice(0, 1)).to.deep.equal([SUMS]);
    expect(site.requests[1]).to.match(/^k3s-airgap-images-amd64.tar.zst bytes=[1-9]\d*-$/);
    expect(site.requests).to.have.length(2);
  });

  it('keeps nothing whose sum is wrong, and says which', async () => {
    const other = randomBytes(3_000_000);
    site.replace(IMAGES, other);
    const error = await failure(fetch());
    expect(error.message).to.equal(
      `${site.base.href}/v1.36.3%2Bk3s1/${IMAGES} is not what the release's ${SUMS} says: its sha256 is ${sha256(other)}, not ${sha256(ARCHIVE)}`,
    );
    expect(error.hint).to.contain('--stand-in');
    expect(await readdir(join(dir.path, 'k3s-release'))).to.deep.equal([]);
    const kept = await readdir(join(dir.path, 'downloads'), { recursive: true });
    expect(kept.filter((name) => name.includes(IMAGES))).to.deep.equal([]);

    site.replace(IMAGES, ARCHIVE);
    expect((await fetch()).k3s).not.to.equal(null);
  });

  it('a file that the release lacks is an error, not a reason for the stand-in', async () => {
    for (const name of [SUMS, 'k3s', IMAGES]) {
      site.behaviour.refuse = { name, status: 404 };
      const error = await failure(fetch());
      expect(error.message).to.equal(
        `cannot fetch ${site.base.href}/v1.36.3%2Bk3s1/${name}: HTTP 404 Not Found`,
      );
      expect(await cached()).to.deep.equal([]);
    }
  });

  it('a release of the pinned version that is not the pinned one is refused before it is fetched', async () => {
    const pinned = 'f'.repeat(64);
    expect((await failure(k3sRelease(site.base, cache, PATIENCE, pinned))).message).to.equal(
      `${site.base.href}/v1.36.3%2Bk3s1/${SUMS} is not the list of K3s v1.36.3+k3s1 that this harness knows: for k3s it has sha256 ${sha256(PROGRAM)}, not ${pinned}`,
    );
    expect(site.requests).to.deep.equal([SUMS]);
    expect((await k3sRelease(site.base, cache, PATIENCE, sha256(PROGRAM))).k3s).not.to.equal(null);
  });

  it('a list without the files is no list of a release', async () => {
    site.replace(SUMS, Buffer.from('<html>Please log in</html>'));
    expect((await failure(fetch())).message).to.equal(
      `${site.base.href}/v1.36.3%2Bk3s1/${SUMS} has no sha256 of k3s`,
    );
  });

  it('another program of the right sum is refused', async () => {
    const other = Buffer.from('#!/bin/sh\necho busybox\n');
    site.replace('k3s', other);
    site.replace(SUMS, Buffer.from(`${sha256(other)}  k3s\n${sha256(ARCHIVE)}  ${IMAGES}\n`));
    expect((await failure(fetch())).message).to.contain('is no K3s binary');
    expect(await cached()).to.deep.equal([]);
  });

  it('a body that stops coming counts as cut off', async () => {
    site.behaviour.cut = { afterBytes: 1_000_000, times: 1, silently: true };
    const { k3s } = await fetch();
    expect(sha256(await readFile(k3s?.images[0] ?? ''))).to.equal(sha256(ARCHIVE));
    expect(ofArchive()).to.have.length(2);
  });

  it('a site that falls silent between two files is an error', async () => {
    site.behaviour.hangAt = IMAGES;
    const error = await failure(k3sRelease(site.base, cache, { ...PATIENCE, answerMs: 100 }));
    expect(error.message).to.contain('no answer within 0.1 s, after 0 bytes and 4 tries more');
  });

  describe('a site that cannot be reached', () => {
    const reason = async (): Promise<string> => {
      const found = await fetch();
      return found.k3s === null ? found.reason : 'fetched';
    };

    it("the default where there is no network: the site's name is not known", async function noNetwork() {
      needs(this, 'root', 'netns');
      const module = join(REPO_ROOT, 'infra/setup');
      const script = `
        import { AssetCache } from '${module}/cache.ts';
        import { K3S_RELEASES, k3sRelease } from '${module}/k3s-release.ts';
        console.log(JSON.stringify(await k3sRelease(new URL(K3S_RELEASES), new AssetCache('${dir.path}'))));`;
      const node = [process.execPath, '--input-type=module', '--eval', script];
      const { stdout } = await execa('unshare', ['--net', '--', ...node], { env: { no_proxy: '*' } });
      expect(JSON.parse(stdout)).to.have.property('k3s', null);
      expect(stdout).to.match(/no answer within 5 s|github\.com/);
    });

    it('nobody listens', async () => {
      await site[Symbol.asyncDispose]();
      expect(await reason()).to.contain('ECONNREFUSED');
      expect(await cached()).to.deep.equal([]);
    });

    it('takes the request and says nothing: five seconds', async () => {
      site.behaviour.hangAt = SUMS;
      const found = await k3sRelease(site.base, cache);
      expect(found).to.deep.equal({ k3s: null, reason: 'no answer within 5 s' });
    });

    it('takes the connection and says nothing', async () => {
      const server = stack.adopt(createServer(), (it) => void it.close());
      server.on('connection', (socket) => stack.defer(() => void socket.destroy()));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      const port = address === null || typeof address === 'string' ? 0 : address.port;
      const base = new URL(`http://127.0.0.1:${port}/`);
      const found = await k3sRelease(base, cache, { ...PATIENCE, answerMs: 200 });
      expect(found).to.deep.equal({ k3s: null, reason: 'no answer within 0.2 s' });
    });

    it('a proxy that lets nothing through', async () => {
      site.behaviour.refuse = { name: SUMS, status: 403 };
      expect(await reason()).to.equal('HTTP 403 Forbidden');
    });
  });
});
