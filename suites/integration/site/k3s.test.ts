// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { createServer, connect, type Server } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { CoreV1Api, Watch, type V1Node } from '@kubernetes/client-node';
import { expect } from 'chai';
import { HarnessError, reasonOf } from '../../../harness/core/errors.ts';
import { K3S } from '../../../harness/core/k3s-paths.ts';
import { readDistribution } from '../../../harness/site/distribution.ts';
import type { K3s } from '../../../harness/site/k3s.ts';
import { SocketKubeConfig } from '../../../harness/site/socket-kube-config.ts';
import { sh } from '../providers/fixture.ts';
import { bootK3sNode, type K3sNode } from '../support/kubernetes-site.ts';
import { needs } from '../support/needs.ts';

const REGISTRIES = 'mirrors:\n  registry.example:\n    endpoint: ["http://10.99.0.2:5000"]\n';
const CONFIG = 'node-label:\n  - airgap.test/from=the-bundle\nkubelet-arg:\n  - max-pods=77\n';

/** Passes connections on to `target` and counts them. */
async function countingProxy(path: string, target: string): Promise<{ server: Server; count: () => number }> {
  let connections = 0;
  const server = createServer((client) => {
    connections += 1;
    const upstream = connect(target);
    client.pipe(upstream).pipe(client);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  });
  server.listen(path);
  await once(server, 'listening');
  return { server, count: () => connections };
}

async function rejection(promise: Promise<unknown>): Promise<HarnessError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof HarnessError) return error;
  throw new Error(`expected a HarnessError, not ${String(error)}`);
}

describe('K3s comes up in a node', function k3sComesUp() {
  this.timeout(120_000);
  const stack = new AsyncDisposableStack();
  let node: K3sNode;
  let k3s: K3s;
  let dir: string;

  before(async function () {
    needs(this, 'root', 'netns', 'k3s');
    dir = stack.use(await mkdtempDisposable(join(tmpdir(), 'airgap-k3s-'))).path;
    await writeFile(join(dir, 'config.yaml'), CONFIG);
    await writeFile(join(dir, 'registries.yaml'), REGISTRIES);
    node = stack.use(await bootK3sNode());
    k3s = await node.start({
      config: join(dir, 'config.yaml'),
      registries: join(dir, 'registries.yaml'),
    });
  });
  after(async () => await stack.disposeAsync());

  it('the node is Ready, and carries what the bundle’s own config says', async () => {
    const { metadata, status } = await k3s.config.makeApiClient(CoreV1Api).readNode({ name: 'n1' });
    expect(metadata?.labels?.['airgap.test/from']).to.equal('the-bundle');
    expect(status?.capacity?.['pods']).to.equal('77');
    expect(status?.addresses?.find(({ type }) => type === 'InternalIP')?.address).to.equal('10.99.0.1');
    expect(k3s.readyAfterMs).to.be.greaterThan(500).and.lessThan(60_000);
  });

  it('the bundle’s files are in place as they are; what the harness adds lies beside them and is told', async () => {
    expect(await sh(node.node, `cat ${K3S.config}`)).to.equal(CONFIG.trimEnd());
    expect(await sh(node.node, `cat ${K3S.registries}`)).to.equal(REGISTRIES.trimEnd());
    expect(await readFile(join(dir, 'config.yaml'), 'utf8')).to.equal(CONFIG);
    expect(await readFile(join(dir, 'registries.yaml'), 'utf8')).to.equal(REGISTRIES);
    for (const { path, content } of k3s.added) {
      expect(path).not.to.be.oneOf([K3S.config, K3S.registries]);
      expect(await sh(node.node, `cat ${path}`), path).to.equal(content.trimEnd());
    }
    expect(k3s.added.map(({ path }) => path)).to.include('/etc/rancher/k3s/config.yaml.d/90-airgap.yaml');
  });

  it('its log is saved', async () => {
    expect(await readFile(join(node.dir, 'k3s.log'), 'utf8')).to.contain('n1');
  });

  it('its version is what the binary itself says', async () => {
    const { name, standIn } = await readDistribution(node.node, K3S.binary);
    expect({ name, standIn }).to.deep.equal({ name: 'k3s', standIn: node.assets.k3s.standIn });
  });

  it('all requests share connections to the socket, watches too', async () => {
    const path = join(dir, 'counted.sock');
    const { server, count } = await countingProxy(path, node.node.apiSocket);
    try {
      const config = new SocketKubeConfig(await sh(node.node, `cat ${K3S.kubeconfig}`), path);
      const api = config.makeApiClient(CoreV1Api);
      for (let i = 0; i < 20; i += 1) await api.listNode();
      expect(count()).to.equal(1);
      const seen = Promise.withResolvers<string>();
      const watch = await new Watch(config).watch(
        '/api/v1/nodes',
        {},
        (_, found: V1Node) => seen.resolve(found.metadata?.name ?? ''),
        () => {},
      );
      expect(await seen.promise).to.equal('n1');
      watch.abort();
      expect(count()).to.be.lessThan(4);
    } finally {
      server.close();
    }
  });

  it('a server whose certificate another authority made is refused', async () => {
    const other = Buffer.from(rootCertificates[0] ?? '').toString('base64');
    const text = await sh(node.node, `cat ${K3S.kubeconfig}`);
    const config = text.replace(/(certificate-authority-data: ).*/, (_, key: string) => key + other);
    const api = new SocketKubeConfig(config, node.node.apiSocket).makeApiClient(CoreV1Api);
    const reason = await api.listNode().then(
      () => 'listed',
      (error: unknown) => (error instanceof Error ? reasonOf(error.cause ?? error) : 'no error'),
    );
    expect(reason).to.match(/certificate/);
  });
});

describe('K3s that does not come up', function k3sFails() {
  this.timeout(120_000);
  let node: K3sNode | undefined;

  beforeEach(async function () {
    needs(this, 'root', 'netns', 'k3s');
    node = await bootK3sNode();
  });
  afterEach(async () => {
    await node?.[Symbol.asyncDispose]();
    node = undefined;
  });
  const booted = (): K3sNode => node ?? expect.fail('no node');

  it('is told with its last words when it ends, not when the deadline passes', async () => {
    const { start, dir } = booted();
    await writeFile(join(dir, 'config.yaml'), 'no-such-flag: 1\n');
    const error = await rejection(start({ config: join(dir, 'config.yaml') }));
    expect(error.code).to.equal('bundle');
    expect(error.message)
      .to.contain('k3s server ended before the node was Ready')
      .and.contain('no-such-flag');
    expect(error.hint).to.equal(`read ${join(dir, 'k3s.log')}`);
    expect(await readFile(join(dir, 'k3s.log'), 'utf8')).to.contain('no-such-flag');
  });

  it('is the harness’s fault when nothing of it came with the bundle', async () => {
    const { start, node: running } = booted();
    await running.exec([
      'sh',
      '-c',
      'mkdir -p /etc/rancher/k3s; echo "no-such-flag: 1" >/etc/rancher/k3s/config.yaml',
    ]);
    expect((await rejection(start({ blame: 'harness' }))).code).to.equal('harness');
  });

  it('is told when the deadline passes', async () => {
    const error = await rejection(booted().start({ deadlineMs: 500 }));
    expect(error.message).to.contain('the node was not Ready after 0.5 s');
  });

  it('an interrupt ends the wait', async () => {
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(), 1_000);
    expect((await rejection(booted().start({ signal: cancel.signal }))).code).to.equal('interrupted');
  });
});
