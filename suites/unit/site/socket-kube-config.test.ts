// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiException, CoreV1Api } from '@kubernetes/client-node';
import { expect } from 'chai';
import { SocketKubeConfig } from '../../../harness/site/socket-kube-config.ts';

const KUBECONFIG = `apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: "http://127.0.0.1:6443", insecure-skip-tls-verify: true } }]
users: [{ name: u, user: {} }]
contexts: [{ name: x, context: { cluster: c, user: u } }]
current-context: x
`;
/** Waits between answers: a fifth of those of a node. An answer may take as much less: 6 s, also on a busy machine. */
const PACE = 0.2;

describe('site: an API server that is busy', () => {
  let dir: string;
  let server: Server;
  let answers: number[];
  let asked: string[];
  let api: CoreV1Api;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'airgap-busy-'));
    answers = [];
    asked = [];
    server = createServer((request, response) => {
      asked.push(request.method ?? '');
      const status = answers.shift() ?? 200;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(status === 200 ? '{"kind":"NodeList","items":[{"metadata":{"name":"n1"}}]}' : '{}');
    });
    const path = join(dir, 'api.sock');
    server.listen(path);
    await once(server, 'listening');
    api = new SocketKubeConfig(KUBECONFIG, path, { pace: PACE }).makeApiClient(CoreV1Api);
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await rm(dir, { recursive: true });
  });

  const codeOf = async (question: Promise<unknown>): Promise<unknown> =>
    await question.then(
      () => 200,
      (error: unknown) => (error instanceof ApiException ? error.code : error),
    );

  it('is asked again for what can be asked twice', async () => {
    answers = [504, 503, 429];
    const { items } = await api.listNode();
    expect(items.map(({ metadata }) => metadata?.name)).to.deep.equal(['n1']);
    expect(asked).to.deep.equal(['GET', 'GET', 'GET', 'GET']);
    answers = [504];
    await api.deleteNode({ name: 'n1' });
    expect(asked.slice(4)).to.deep.equal(['DELETE', 'DELETE']);
  });

  it('is not asked for ever', async () => {
    answers = Array.from({ length: 20 }, () => 503);
    expect(await codeOf(api.listNode())).to.equal(503);
    expect(asked).to.have.length(5);
  });

  it('is not asked twice to create a thing, nor for what it has answered', async () => {
    answers = [504];
    expect(await codeOf(api.createNode({ body: { metadata: { name: 'n1' } } }))).to.equal(504);
    answers = [500];
    expect(await codeOf(api.listNode())).to.equal(500);
    answers = [404];
    expect(await codeOf(api.listNode())).to.equal(404);
    expect(asked).to.deep.equal(['POST', 'GET', 'GET']);
  });
});

describe('site: an API server of an emulated node', () => {
  it('has as long to shake hands as to answer', () => {
    const config = new SocketKubeConfig(KUBECONFIG, '/run/api.sock', { pace: 10 });
    const made = config.createDispatcherOptions(config.getCurrentCluster(), {});
    expect(made).to.have.nested.property('connect.timeout', 300_000);
  });
});
