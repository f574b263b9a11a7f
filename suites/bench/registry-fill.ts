// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { copyFile, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fillRegistry } from '../../harness/site/registry/fill.ts';
import { writeImageArchive } from '../../infra/images/build-image.ts';

const LAYERS = 8;
const LAYER_MIB = 128;
const MIB = 2 ** 20;

/**
 * How long the site's registry takes to be filled with 1 GiB of layers, against a plain copy of the same archive; alternating,
 * in milliseconds.
 */
export async function measureFill(dir: string, pairs: number): Promise<{ fill: number[]; copy: number[] }> {
  const layers = [];
  for (let layer = 0; layer < LAYERS; layer += 1) {
    const from = join(dir, `layer-${layer}`);
    await using file = await open(from, 'w');
    for (let mib = 0; mib < LAYER_MIB; mib += 1) await file.writeFile(randomBytes(MIB));
    layers.push({ entries: [{ path: 'content', from }] });
  }
  const archive = join(dir, 'images.tar');
  const references = ['registry.site.example/bench/big:1'];
  await writeImageArchive(archive, [{ references, layers }], { format: 'oci' });
  const registry = { host: 'registry.site.example', port: 443, tls: true, projects: {} };
  const [fill, copy]: [number[], number[]] = [[], []];
  for (let pair = 0; pair < pairs; pair += 1) {
    const plain = join(dir, 'copy.tar');
    copy.push(await timed(async () => await copyFile(archive, plain)));
    await rm(plain);
    const storage = join(dir, 'storage');
    fill.push(await timed(async () => void (await fillRegistry(storage, [archive], registry))));
    await rm(storage, { recursive: true });
  }
  return { fill, copy };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
