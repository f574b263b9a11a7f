// SPDX-License-Identifier: Apache-2.0
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtempDisposable } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HarnessError, reasonOf } from '../../core/errors.ts';
import { printable, quoted } from '../../core/printable.ts';

/** How an image of a container engine is named, as in containers-transports(5): `docker-daemon:rancher/k3s:v1.31.2-k3s1`. */
export const ENGINE_PREFIX = 'docker-daemon:';

/** A copy of an image that an engine has: a docker-archive, removed when it is disposed of. */
export interface ImageCopy extends AsyncDisposable {
  readonly path: string;
}

const MANY = 10;

/**
 * Copies an image out of the container engine of this machine (Docker, or Podman with its socket; DOCKER_HOST). Nothing is pulled, and no
 * engine is started.
 *
 * @param name what follows ENGINE_PREFIX: a reference or an id
 * @param cache folder to copy to, beside what will be unpacked
 * @throws HarnessError (setup) when no engine answers; (config) when it has no such image
 */
export async function copyFromEngine(name: string, cache: string): Promise<ImageCopy> {
  const { engineClient, findEngine } = await import('../../providers/container/find-engine.ts'); // its libraries are large
  const host = await findEngine();
  if (host === null) {
    throw new HarnessError(
      `node image "${ENGINE_PREFIX}${printable(name)}" cannot be looked for: no container engine answers`,
      {
        code: 'setup',
        hint: 'start Docker or Podman’s socket, or set DOCKER_HOST; an archive of the image (docker save) needs none',
      },
    );
  }
  const docker = engineClient(host);
  const image = docker.getImage(name);
  const found = await image.inspect().catch((error: unknown) => error);
  if (found instanceof Error) {
    const known = (await docker.listImages()).flatMap(({ RepoTags: tags }) => tags ?? []).toSorted();
    const some = known.slice(0, MANY).map(quoted).join(', ');
    const more = known.length > MANY ? ` and ${known.length - MANY} more` : '';
    throw new HarnessError(`the container engine at ${host} has no image ${quoted(name)}`, {
      code: 'config',
      hint: `nothing is pulled for a run; it has: ${some === '' ? 'none with a name' : `${some}${more}`}`,
      cause: found,
    });
  }
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtempDisposable(join(cache, 'image-copy-'));
  try {
    const path = join(scratch.path, 'image.tar');
    await pipeline(Readable.from(await image.get()), createWriteStream(path, { mode: 0o600 }));
    return { path, [Symbol.asyncDispose]: scratch[Symbol.asyncDispose].bind(scratch) };
  } catch (error) {
    await scratch.remove();
    throw new HarnessError(
      `the container engine at ${host} does not give image ${quoted(name)}: ${reasonOf(error)}`,
      {
        code: 'setup',
        hint: `is there room in ${cache}?`,
        cause: error,
      },
    );
  }
}
