// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { errnoOf, HarnessError, reasonOf } from '../../harness/core/errors.ts';
import type { AssetCache } from './cache.ts';
import { contentKey } from '../../harness/core/content-key.ts';
import { httpGet } from './http-get.ts';
import { type K3sAsset, versionOf } from './k3s.ts';
import { type DownloadOptions, RefusedError, resumedDownload } from './resumed-download.ts';

/** The release that setup fetches: the Kubernetes of the stand-in, so that both run the same one. */
export const K3S_RELEASE = 'v1.36.3+k3s1';

/** Where K3s publishes its releases (https://docs.k3s.io/installation/airgap): below it `<version>/<file>`. */
export const K3S_RELEASES = 'https://github.com/k3s-io/k3s/releases/download';

/**
 * sha256 of that release's `k3s` for amd64, as many projects that pin it have it in public repositories. It holds for K3S_RELEASES; a
 * mirror that the user names is taken at its own list's word.
 */
const K3S_SHA256 = '2f98a9f8fe5782479ee2d54e70a1b10a7f6fd4cae8d38ed3098452dc6eed76b5';

const BINARY = 'k3s';
const IMAGES = 'k3s-airgap-images-amd64.tar.zst';
const SUMS = 'sha256sum-amd64.txt';

/** `answerMs`: five seconds are what a user waits where nothing leads to the site. */
const PATIENCE: DownloadOptions = { answerMs: 5000, idleMs: 30_000, pauseMs: 1000 };

/** What came of looking for the release. `reason`: why the site could not be reached. */
export type FetchedRelease =
  | { readonly k3s: K3sAsset; readonly made: boolean }
  | { readonly k3s: null; readonly reason: string };

/** Nobody answered, or a stranger: a proxy or a login page that lets nothing through. */
class UnreachableError extends Error {}

/**
 * The pinned K3s release with its platform images, fetched once into the cache; what the cache has is not asked for again.
 * A download that was cut off goes on where it stopped, in a later setup too. Only files whose sums are those of the release's
 * own list come into the cache.
 *
 * @param base the folder of releases, as K3S_RELEASES; the cache keeps the releases of each apart
 * @param pinned sha256 that the list must have for `k3s`, null for any
 * @returns `k3s: null` when the site cannot be reached
 * @throws HarnessError (setup) when the site was reached and the release there is missing, cut off for good, or not what its sums say
 */
export async function k3sRelease(
  base: URL,
  cache: AssetCache,
  patience: DownloadOptions = PATIENCE,
  pinned: string | null = base.href === K3S_RELEASES ? K3S_SHA256 : null,
): Promise<FetchedRelease> {
  const key = await contentKey({ paths: [], values: { release: K3S_RELEASE, base: base.href } });
  const partial = join(cache.root, 'downloads', `k3s-${key}`);
  try {
    const asset = await cache.get('k3s-release', key, async (folder, scratch) => {
      try {
        const sums = await readSums(base, patience);
        refuseAnother(base, sums.get(BINARY), pinned);
        await mkdir(partial, { recursive: true });
        for (const name of [BINARY, IMAGES]) {
          await fetchFile(
            fileUrl(base, name),
            join(partial, name),
            sums.get(name) ?? noSum(base, name),
            patience,
          );
        }
        await chmod(join(partial, BINARY), 0o755);
        await writeFile(join(folder, 'version'), await versionOf(join(partial, BINARY)));
        for (const name of [BINARY, IMAGES]) await rename(join(partial, name), join(folder, name));
        await rm(partial, { recursive: true });
      } catch (error) {
        for (const unfinished of [folder, scratch]) await rm(unfinished, { recursive: true, force: true });
        throw error;
      }
    });
    const version = await readFile(join(asset.folder, 'version'), 'utf8');
    const k3s: K3sAsset = {
      binary: join(asset.folder, BINARY),
      images: [join(asset.folder, IMAGES)],
      standIn: version.includes('stand-in'),
      version,
    };
    return { k3s, made: asset.made };
  } catch (error) {
    if (error instanceof UnreachableError) return { k3s: null, reason: error.message };
    throw error;
  }
}

/** `+` is a space to some servers when it is not escaped. */
const fileUrl = (base: URL, name: string): URL =>
  new URL(`${base.href.replace(/\/$/, '')}/${encodeURIComponent(K3S_RELEASE)}/${name}`);

/** The first thing asked for: what comes of it says whether the site can be reached. */
async function readSums(base: URL, patience: DownloadOptions): Promise<ReadonlyMap<string, string>> {
  const url = fileUrl(base, SUMS);
  const answer = await httpGet(url, patience).catch((error: unknown) => {
    throw new UnreachableError(reasonOf(error));
  });
  const { statusCode = 0, statusMessage = '' } = answer;
  if (statusCode === 200) {
    return parseSums(
      await text(answer).catch((error: unknown) => {
        throw new UnreachableError(reasonOf(error));
      }),
    );
  }
  answer.destroy();
  const refused = new RefusedError(statusCode, statusMessage);
  if (statusCode === 404 || statusCode === 410) throw notToBeHad(url, refused);
  throw new UnreachableError(refused.message);
}

/** Lines of sha256sum: 64 hex digits, a space, a space or an asterisk, the name. */
export function parseSums(lines: string): ReadonlyMap<string, string> {
  const pairs = lines.matchAll(/^([0-9a-f]{64}) [ *](\S+)$/gm);
  return new Map([...pairs].map(([, sum = '', name = '']) => [name, sum]));
}

async function fetchFile(url: URL, file: string, sum: string, patience: DownloadOptions): Promise<void> {
  if ((await sumOf(file)) === sum) return; // whole since an earlier setup
  await resumedDownload(url, file, patience).catch((error: unknown) => {
    throw notToBeHad(url, error);
  });
  const got = await sumOf(file);
  if (got === sum) return;
  await rm(file);
  throw new HarnessError(
    `${url.href} is not what the release's ${SUMS} says: its sha256 is ${got}, not ${sum}`,
    {
      code: 'setup',
      hint: `nothing of it was kept. A proxy or a mirror may have changed it: run setup again, or ${OTHERWISE}`,
    },
  );
}

/** @returns null when there is no such file */
async function sumOf(file: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
  return hash.digest('hex');
}

const OTHERWISE =
  'name another site (--k3s-releases URL), give a K3s (--k3s PATH), or use the stand-in (--stand-in)';

function notToBeHad(url: URL, error: unknown): HarnessError {
  const reason = error instanceof RefusedError ? error.message : `it came in part: ${reasonOf(error)}`;
  return new HarnessError(`cannot fetch ${url.href}: ${reason}`, {
    code: 'setup',
    hint:
      error instanceof RefusedError
        ? `does the site have K3s ${K3S_RELEASE}? Or ${OTHERWISE}`
        : `run setup again: it goes on where this one stopped; or ${OTHERWISE}`,
    cause: error,
  });
}

function refuseAnother(base: URL, listed: string | undefined, pinned: string | null): void {
  if (pinned === null || listed === undefined || listed === pinned) return;
  throw new HarnessError(
    `${fileUrl(base, SUMS).href} is not the list of K3s ${K3S_RELEASE} that this harness knows: for ${BINARY} it has sha256 ${listed}, not ${pinned}`,
    { code: 'setup', hint: `the release was changed, or a proxy answers in its place: ${OTHERWISE}` },
  );
}

function noSum(base: URL, name: string): never {
  throw new HarnessError(`${fileUrl(base, SUMS).href} has no sha256 of ${name}`, {
    code: 'setup',
    hint: `is it the list of a K3s release, and not a proxy's page? ${OTHERWISE}`,
  });
}
