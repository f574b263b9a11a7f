// SPDX-License-Identifier: Apache-2.0
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HarnessError, reasonOf } from '../../core/errors.ts';
import { printable, quoted } from '../../core/printable.ts';
import { statusOf } from '../../providers/container/docker-errors.ts';
import { makeUnfinished } from './unpacked-images.ts';

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
 * @throws HarnessError (setup) when no engine answers, or it does not give the image; (config) when it has no such image
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
  try {
    await image.inspect();
  } catch (error) {
    if (statusOf(error) !== 404)
      throw refused(host, name, error, `look at it with: docker image inspect ${name}`);
    const known = (await docker.listImages()).flatMap(({ RepoTags: tags }) => tags ?? []).toSorted();
    const some = known.slice(0, MANY).map(quoted).join(', ');
    const more = known.length > MANY ? ` and ${known.length - MANY} more` : '';
    throw new HarnessError(`the container engine at ${host} has no image ${quoted(name)}`, {
      code: 'config',
      hint: `nothing is pulled for a run; it has: ${some === '' ? 'none with a name' : `${some}${more}`}`,
      cause: error,
    });
  }
  const scratch = await makeUnfinished(join(cache, 'node-images'));
  const remove = async (): Promise<void> => await rm(scratch, { recursive: true, force: true });
  try {
    const path = join(scratch, 'image.tar');
    await pipeline(Readable.from(await image.get()), createWriteStream(path, { mode: 0o600 }));
    return { path, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw refused(host, name, error, `is there room in ${cache}?`);
  }
}

function refused(host: string, name: string, cause: unknown, hint: string): HarnessError {
  return new HarnessError(
    `the container engine at ${host} does not give image ${quoted(name)}: ${reasonOf(cause)}`,
    { code: 'setup', hint, cause },
  );
}
