// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { K3S_RELEASE } from '../../../infra/setup/k3s-release.ts';

export const SUMS = 'sha256sum-amd64.txt';
export const IMAGES = 'k3s-airgap-images-amd64.tar.zst';

/** What a test asks the site to do wrong; all of it may be changed between requests. */
export interface Behaviour {
  /** Cut the connection after so many bytes of a body, `times` times; silently: leave it open and send nothing more. */
  cut?: { readonly afterBytes: number; times: number; readonly silently?: boolean };
  /** Answer every range with the whole file. */
  ignoreRange?: boolean;
  /** Take requests of this file and never answer. */
  hangAt?: string;
  /** Answer requests of this file with that status. */
  refuse?: { readonly name: string; readonly status: number };
  /** Answer 302 first, as GitHub does, whose files lie on another host. The text: the origin to go to. @default this one */
  redirect?: boolean | string;
}

export interface ReleaseSite extends AsyncDisposable {
  readonly base: URL;
  /** `name` or `name bytes=5-` of every request for a file, in order. */
  readonly requests: string[];
  readonly behaviour: Behaviour;
  /** Replaces a file, and with it its ETag; the list of sums stays as it is. */
  replace(name: string, content: Buffer): void;
}

/** A release site on loopback that holds `files` in the layout of GitHub's releases, and the list of their sums. */
export async function releaseSite(
  files: Readonly<Record<string, Buffer>>,
  tls?: { readonly key: string; readonly cert: string },
): Promise<ReleaseSite> {
  const sums = Object.entries(files).map(([name, content]) => `${sha256(content)}  ${name}\n`);
  const held = new Map<string, Buffer>(Object.entries({ ...files, [SUMS]: Buffer.from(sums.join('')) }));
  const requests: string[] = [];
  const behaviour: Behaviour = {};
  const folder = `/releases/download/${encodeURIComponent(K3S_RELEASE)}/`;

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url ?? '';
    const { redirect = false } = behaviour;
    if (redirect !== false && path.startsWith(folder)) {
      const origin = redirect === true ? '' : redirect;
      response.writeHead(302, { location: origin + path.replace(folder, '/assets/') }).end('elsewhere');
      return;
    }
    const name = path.slice(path.lastIndexOf('/') + 1);
    const { range } = request.headers;
    requests.push(range === undefined ? name : `${name} ${range}`);
    if (behaviour.hangAt === name) return;
    if (behaviour.refuse?.name === name) {
      response.writeHead(behaviour.refuse.status).end();
      return;
    }
    const content = path.startsWith(folder) || path.startsWith('/assets/') ? held.get(name) : undefined;
    if (content === undefined) response.writeHead(404).end();
    else send(request, response, content);
  };

  const send = (request: IncomingMessage, response: ServerResponse, content: Buffer): void => {
    const etag = `"${sha256(content).slice(0, 12)}"`;
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const honoured = from > 0 && behaviour.ignoreRange !== true && request.headers['if-range'] === etag;
    if (honoured && from >= content.length) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
      return;
    }
    const body = honoured ? content.subarray(from) : content;
    response.writeHead(honoured ? 206 : 200, {
      etag,
      'content-length': body.length,
      ...(honoured && { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }),
    });
    const { cut } = behaviour;
    if (cut !== undefined && cut.times > 0 && body.length > cut.afterBytes) {
      cut.times -= 1;
      response.write(body.subarray(0, cut.afterBytes), () => {
        if (cut.silently !== true) response.destroy();
      });
    } else response.end(body);
  };

  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    base: new URL(`${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/releases/download`),
    requests,
    behaviour,
    replace: (name, content) => void held.set(name, content),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
