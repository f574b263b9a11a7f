// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig, type V1Pod } from '@kubernetes/client-node';

/** As much of an API server as a watch of pods needs, on loopback; it can be made to fail as a real one does. */
export class ApiServer implements AsyncDisposable {
  readonly pods: V1Pod[] = [];
  /** Lists and watches that were asked for. */
  readonly asked: string[] = [];
  /** Watches from an older version than this are answered with 410. */
  forgotten = 0;
  #version = 1;
  #server: Server | null = null;
  #port = 0;
  readonly #watches = new Set<ServerResponse>();

  async start(): Promise<void> {
    this.#server = createServer((request, response) =>
      this.#answer(new URL(request.url ?? '', 'http://x'), response),
    );
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Refuses connections from now on. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  config(): KubeConfig {
    const config = new KubeConfig();
    config.loadFromClusterAndUser(
      { name: 'c', server: `http://127.0.0.1:${this.#port}`, skipTLSVerify: true },
      { name: 'u' },
    );
    return config;
  }

  /** Adds a pod; those who watch are told. */
  add(name: string): void {
    this.#version += 1;
    const metadata = { namespace: 'shop', name, uid: `uid-${name}`, resourceVersion: String(this.#version) };
    const pod: V1Pod = { metadata, spec: { containers: [{ name: 'app', image: 'app:1' }] } };
    this.pods.push(pod);
    for (const watch of this.#watches) watch.write(`${JSON.stringify({ type: 'ADDED', object: pod })}\n`);
  }

  /** Ends every open watch, as a server does from time to time. */
  endWatches(): void {
    for (const watch of this.#watches) watch.end();
    this.#watches.clear();
  }

  get watches(): number {
    return this.#watches.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #answer({ pathname, searchParams }: URL, response: ServerResponse): void {
    const isPods = pathname === '/api/v1/pods';
    response.setHeader('content-type', 'application/json');
    const from = searchParams.get('resourceVersion');
    if (isPods) this.asked.push(searchParams.has('watch') ? `watch ${from}` : 'list');
    if (!searchParams.has('watch')) {
      const kind = isPods ? 'PodList' : 'EventList';
      const metadata = { resourceVersion: String(this.#version) };
      response.end(JSON.stringify({ apiVersion: 'v1', kind, metadata, items: isPods ? this.pods : [] }));
      return;
    }
    if (isPods && Number(from) < this.forgotten) {
      const object = { kind: 'Status', code: 410, message: 'too old resource version' };
      response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
      return;
    }
    response.flushHeaders();
    if (!isPods) return;
    this.#watches.add(response);
    response.on('close', () => this.#watches.delete(response));
    const missed = this.pods.filter(({ metadata }) => Number(metadata?.resourceVersion) > Number(from));
    for (const pod of missed) response.write(`${JSON.stringify({ type: 'ADDED', object: pod })}\n`);
  }
}
