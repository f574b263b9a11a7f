// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { hostRunner, runOrThrow } from '../../harness/core/runner.ts';
import type { AssetCache, CachedAsset } from './cache.ts';
import { contentKey } from '../../harness/core/content-key.ts';

/** Name of the Ingress of examples/shop: gate and chart name the same. */
const HOST = 'shop.corp.example';
const NEW = [
  '-x509',
  '-newkey',
  'ec',
  '-pkeyopt',
  'ec_paramgen_curve:P-256',
  '-nodes',
  '-days',
  '365',
] as const;

/**
 * The authority of the site that examples/shop is tested in (`ca.crt`, `ca.key`), and a values file with the certificate of the
 * shop's Ingress (`web-tls.yaml`). They are valid for a year, so each half of a year has its own.
 * @throws HarnessError
 */
export async function examplePki(cache: AssetCache, now: Date): Promise<CachedAsset> {
  const half = `${now.getUTCFullYear()}-${now.getUTCMonth() < 6 ? 1 : 2}`;
  const contents = await contentKey({ paths: [import.meta.filename], values: { half } });
  return await cache.get('example-pki', contents, async (folder) => {
    const path = (name: string): string => join(folder, name);
    const [ca, caKey, web, webKey] = [path('ca.crt'), path('ca.key'), path('web.crt'), path('web.key')];
    const isAuthority = [
      '-addext',
      'basicConstraints=critical,CA:TRUE',
      '-addext',
      'keyUsage=critical,keyCertSign',
    ];
    await request('-subj', '/CN=corp.example', ...isAuthority, '-keyout', caKey, '-out', ca);
    const isServer = [
      '-addext',
      `subjectAltName=DNS:${HOST}`,
      '-addext',
      'basicConstraints=critical,CA:FALSE',
    ];
    await request(
      '-CA',
      ca,
      '-CAkey',
      caKey,
      '-subj',
      `/CN=${HOST}`,
      ...isServer,
      '-keyout',
      webKey,
      '-out',
      web,
    );
    const [certificate, key] = await Promise.all(
      [web, webKey].map(async (file) => await readFile(file, 'utf8')),
    );
    await writeFile(path('web-tls.yaml'), stringify({ tls: { certificate, key } }), { mode: 0o600 });
  });
}

async function request(...args: readonly string[]): Promise<void> {
  await runOrThrow(hostRunner, ['openssl', 'req', ...NEW, ...args]);
}
