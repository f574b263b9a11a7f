// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { Assets } from '../../harness/core/assets.ts';
import { K3S_PARTS, type K3sPart } from '../../harness/core/k3s-parts.ts';
import { writeImageArchive } from '../images/build-image.ts';
import { imageTree } from '../images/definitions/base.ts';
import { BALANCER_PACKAGES, partImages } from '../k3s-packaged/images.ts';
import type { CachedAsset } from './cache.ts';
import { contentKey } from '../../harness/core/content-key.ts';
import { makeDebianTree } from './debian-tree.ts';
import { runSealed } from './exec.ts';
import { GO_ENV } from './go-toolchain.ts';
import { buildGoProgram, type BuiltProgram } from './go-program.ts';
import type { SetupContext } from './make-assets.ts';

export type PartArchives = NonNullable<Assets['k3s']['parts']>;

/** Debian packages, on top of the base, of the parts whose images are made of any. */
const TREES: Partial<Record<K3sPart, readonly string[]>> = {
  'local-storage': [],
  servicelb: BALANCER_PACKAGES,
};

/** `--parts`: `all`, `none`, or names; null for a name that is none of ours. */
export function parseParts(text: string): readonly K3sPart[] | null {
  if (text === 'all') return K3S_PARTS;
  const names = text === 'none' ? [] : text.split(',').filter(Boolean);
  const parts = K3S_PARTS.filter((part) => names.includes(part));
  return parts.length === new Set(names).size ? parts : null;
}

/**
 * The image archives of the parts that setup was asked for, each made unless the cache has it.
 * @throws HarnessError (setup) with the last lines of the compiler or the package manager
 */
export async function makeK3sParts(
  context: SetupContext,
  helm: BuiltProgram,
  signal: AbortSignal,
): Promise<PartArchives> {
  const archives: Partial<Record<K3sPart, string>> = {};
  for (const part of context.k3s === null ? context.parts : []) {
    archives[part] = await context.progress.step(part, async () => {
      const { folder, made } = await makePart(context, part, helm, signal);
      return [join(folder, archiveName(part)), `${made ? 'made' : 'kept'}: images for K3s’s ${part}`];
    });
  }
  return archives;
}

/** As K3s names its archive, so that it is known for one of K3s's own where it lies beside the executable. */
const archiveName = (part: K3sPart): string => `k3s-airgap-images-amd64-${part}.tar.zst`;

async function makePart(
  context: SetupContext,
  part: K3sPart,
  helm: BuiltProgram,
  signal: AbortSignal,
): Promise<CachedAsset> {
  const { repo, cache } = context;
  const program = await buildProgram(context, part, signal);
  const tree = await makeTree(context, part, signal);
  const jobHelm = part === 'helm-controller' ? helm : null;
  const key = await contentKey({
    paths: [join(repo, 'infra/images'), join(repo, 'infra/k3s-packaged')],
    values: { program: program?.key ?? '', tree: tree?.key ?? '', helm: jobHelm?.key ?? '' },
    // programs are in their own key
    ignore: (path) => !path.endsWith('.ts') && path !== 'klipper-lb/entry',
  });
  return await cache.get(`k3s-${part}`, key, async (folder) => {
    const images = partImages(part, {
      program: program?.path ?? null,
      tree: tree?.folder ?? null,
      helm: jobHelm?.path ?? null,
    });
    await writeImageArchive(join(folder, archiveName(part)), images, {
      format: 'docker-archive',
      compression: 'zstd',
    });
  });
}

async function buildProgram(
  { repo, cache, go, log }: SetupContext,
  part: K3sPart,
  signal: AbortSignal,
): Promise<BuiltProgram | null> {
  const run = { log: log(part), signal };
  const sources = (name: string): string => join(repo, 'infra/k3s-packaged', name);
  switch (part) {
    case 'servicelb':
      return null;
    case 'helm-controller': {
      const name = 'klipper-helm';
      return await buildGoProgram({ name, sources: sources(name), package: '.' }, cache, go, run);
    }
    case 'local-storage': {
      const name = 'local-path-provisioner';
      const program = { name, sources: sources(name), package: 'github.com/rancher/local-path-provisioner' };
      return await buildGoProgram(program, cache, go, run);
    }
    case 'metrics-server': {
      const program = {
        name: part,
        sources: sources(part),
        package: 'sigs.k8s.io/metrics-server/cmd/metrics-server',
      };
      return await buildGoProgram(program, cache, go, run);
    }
    case 'traefik': {
      const key = await contentKey({ paths: [sources(part)], values: { go: go.version } });
      const asset = await cache.get('traefik', key, async (folder, scratch) => {
        const env = { ...GO_ENV, GO: go.program, TMPDIR: scratch };
        await runSealed(['bash', join(sources(part), 'build.sh'), join(folder, 'traefik')], { ...run, env });
      });
      return { path: join(asset.folder, 'traefik'), key, made: asset.made };
    }
  }
}

async function makeTree(
  { cache, source, log }: SetupContext,
  part: K3sPart,
  signal: AbortSignal,
): Promise<CachedAsset | null> {
  const packages = TREES[part];
  if (packages === undefined) return null;
  const tree = imageTree(packages);
  const key = await contentKey({
    paths: [],
    values: {
      packages: tree.packages,
      prune: tree.prune,
      mirror: source.mirror,
      suite: source.suite,
    },
  });
  return await cache.get('k3s-part-trees', key, async (folder) => {
    await makeDebianTree(folder, tree, source, { log: log(part), signal });
  });
}
