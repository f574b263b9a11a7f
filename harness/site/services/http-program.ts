// SPDX-License-Identifier: Apache-2.0
import { createReadStream, readFileSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { extname, join, sep } from 'node:path';
import { z } from 'zod';

// An HTTP server of the site: a program of its own, since it runs in a namespace of its own. Argument: its configuration as
// JSON. One JSON line on standard output for each request.

const configSchema = z.strictObject({
  address: z.string(),
  ports: z.array(z.number()),
  tls: z.strictObject({ certificate: z.string(), key: z.string() }).nullable(),
  /** Absolute path of what is served; null: only the answers. */
  folder: z.string().nullable(),
  answers: z.array(
    z.strictObject({
      method: z.string(),
      path: z.string(),
      status: z.number(),
      body: z.string(),
      headers: z.record(z.string(), z.string()),
    }),
  ),
});
export type HttpProgramConfig = z.infer<typeof configSchema>;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.yaml': 'application/yaml',
  '.yml': 'application/yaml',
  '.txt': 'text/plain; charset=utf-8',
};

const config = configSchema.parse(JSON.parse(process.argv[2] ?? ''));
const root = config.folder === null ? null : await realpath(config.folder);

const listener: RequestListener = (request, response) => {
  response.on('finish', () => tell(request, response));
  void answer(request, response).catch(() => {
    response.statusCode = 500;
    response.end();
  });
};

for (const port of config.ports) {
  const server =
    config.tls === null
      ? createServer(listener)
      : createTlsServer(
          { cert: readFileSync(config.tls.certificate), key: readFileSync(config.tls.key) },
          listener,
        );
  server.listen({ host: config.address, port });
}

function tell({ method, url, socket }: IncomingMessage, { statusCode }: ServerResponse): void {
  const line = {
    at: new Date().toISOString(),
    client: socket.remoteAddress,
    method,
    url,
    status: statusCode,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://site').pathname);
  const given = config.answers.find(
    (one) => one.path === path && (one.method === request.method || request.method === 'HEAD'),
  );
  if (given !== undefined) {
    response.writeHead(given.status, given.headers);
    response.end(request.method === 'HEAD' ? undefined : given.body);
    return;
  }
  const file = root === null ? null : await fileBelow(root, path);
  if (file === null || (request.method !== 'GET' && request.method !== 'HEAD')) {
    response.statusCode = file === null ? 404 : 405;
    response.end();
    return;
  }
  response.writeHead(200, {
    'content-length': file.size,
    'content-type': TYPES[extname(file.path)] ?? 'application/octet-stream',
  });
  if (request.method === 'HEAD') response.end();
  else createReadStream(file.path).pipe(response);
}

/** A regular file below the folder, symbolic links followed no further than that; of a folder, its index.html. */
async function fileBelow(folder: string, path: string): Promise<{ path: string; size: number } | null> {
  for (const name of [path, join(path, 'index.html')]) {
    const real = await realpath(join(folder, name)).catch(() => null);
    if (real === null || !real.startsWith(`${folder}${sep}`)) continue;
    const found = await stat(real);
    if (found.isFile()) return { path: real, size: found.size };
  }
  return null;
}
