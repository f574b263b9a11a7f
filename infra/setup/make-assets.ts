// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { agentSources, ASSETS_FILE } from '../../harness/core/assets.ts';
import type { Assets } from '../../harness/core/assets.ts';
import { writeImageArchive } from '../images/build-image.ts';
import { CANARY_REFERENCE, canaryImage } from '../images/definitions/canary.ts';
import { HARNESS_ROOT } from '../harness-root/definition.ts';
import { buildNodeImage } from '../node-image/build.ts';
import type { AptSource } from './apt-source.ts';
import type { AssetCache, CachedAsset } from './cache.ts';
import { contentKey } from '../../harness/core/content-key.ts';
import { makeDebianTree } from './debian-tree.ts';
import { exampleImages, exampleTrees } from './example-images.ts';
import { examplePki } from './example-pki.ts';
import { buildGoProgram } from './go-program.ts';
import type { BuiltProgram, GoProgram } from './go-program.ts';
import type { GoToolchain } from './go-toolchain.ts';
import { helmProgram } from './helm.ts';
import { standInK3s } from './k3s.ts';
import type { K3sAsset } from './k3s.ts';
import { makeK3sParts } from './k3s-parts.ts';
import { LEAK_TOOLS, leakTools } from './leak-tools.ts';
import { sideBySide } from './lanes.ts';
import { placeFile } from './place-file.ts';
import type { SetupOptions } from './options.ts';
import type { Progress } from './progress.ts';
import { makeVm } from './vm.ts';

/** `k3s version v1.36.3+k3s1`, without what follows in brackets. */
const shortVersion = (version: string): string => version.replace(/ \(.*/, '');

/** What the steps of setup share. */
export interface SetupContext {
  readonly repo: string;
  readonly cache: AssetCache;
  readonly progress: Progress;
  readonly source: AptSource;
  readonly go: GoToolchain;
  /** The K3s that the user gives or that was fetched, or null for the stand-in. */
  readonly k3s: K3sAsset | null;
  readonly log: (step: string) => string;
  /** As in SetupOptions. */
  readonly providers: SetupOptions['providers'];
  readonly parts: SetupOptions['parts'];
  /** As in SetupOptions. */
  readonly services: SetupOptions['services'];
}

const saying = (made: boolean, what: string): string => `${made ? 'made' : 'kept'}: ${what}`;

/**
 * Makes everything but what the Debian packages of the host bring, puts the examples' archives in place and then,
 * last of all, writes the file that the harness reads.
 * @throws HarnessError (setup)
 */
export async function makeAssets(context: SetupContext): Promise<void> {
  const { repo, progress } = context;
  const [programs, trees] = await sideBySide(
    async (signal) => await buildPrograms(context, signal),
    async (signal) => await buildTrees(context, signal),
  );
  const vm = context.providers.has('vm') ? await makeVm(context) : undefined;
  const canary = await progress.step('canary image', async () => await makeCanary(context, programs.agent));
  const images = await progress.step('example images', async () => {
    const made = await exampleImages(join(repo, 'infra/images'), context.cache, {
      ...programs,
      trees: trees.examples,
    });
    return [made, saying(made.made, 'clean, leaky, shop')];
  });
  await progress.step('examples', async () => [
    await placeExamples(
      repo,
      programs.k3s,
      images.folder,
      (await examplePki(context.cache, new Date())).folder,
    ),
    'in place',
  ]);
  const tools = context.services.has('leak-tools') ? await makeLeakTools(context, programs.helm) : {};
  await writeAssets(repo, {
    version: 1,
    k3s: { ...programs.k3s, installer: join(repo, 'infra/k3s-compat/install.sh') },
    agent: programs.agent.path,
    agentSources: await agentSources(repo),
    helm: programs.helm.path,
    nodeImage: join(trees.node.folder, 'rootfs'),
    nodeImageKey: trees.node.key,
    canaryImage: join(canary.folder, 'canary.tar'),
    canaryRef: CANARY_REFERENCE,
    ...(vm === undefined ? {} : { vm }),
    ...(trees.harness === null ? {} : { harnessRoot: join(trees.harness.folder, 'rootfs') }),
    ntp: { layers: ['time', 'base'].map((tree) => join(trees.examples.folder, tree)) },
    ...(programs.registry === null ? {} : { registry: programs.registry.path }),
    ...(programs.leaks === null ? {} : { leaks: { ...programs.leaks, ...tools } }),
  });
}

interface Programs {
  readonly k3s: K3sAsset;
  readonly agent: BuiltProgram;
  readonly podinfo: BuiltProgram;
  readonly updateCheck: BuiltProgram;
  readonly shopApi: BuiltProgram;
  /** Null: not asked for. */
  readonly registry: BuiltProgram | null;
  /** Null: not asked for. */
  readonly leaks: NonNullable<Assets['leaks']> | null;
  readonly helm: BuiltProgram;
}

/** The compiler's lane. */
async function buildPrograms(context: SetupContext, signal: AbortSignal): Promise<Programs> {
  const { repo, cache, progress, go } = context;
  const build = async (program: GoProgram): Promise<BuiltProgram> =>
    await progress.step(program.name, async () => {
      const built = await buildGoProgram(program, cache, go, { log: context.log(program.name), signal });
      return [built, saying(built.made, `by ${go.version}`)];
    });
  const agent = await build({ name: 'airgap-node', sources: join(repo, 'infra/node-agent'), package: '.' });
  const updateCheck = await build({
    name: 'update-check',
    sources: join(repo, 'infra/images/update-check'),
    package: '.',
  });
  const podinfo = await build({
    name: 'podinfo',
    sources: join(repo, 'infra/images/podinfo'),
    package: 'github.com/stefanprodan/podinfo/cmd/podinfo',
  });
  const shopApi = await build({
    name: 'shop-api',
    sources: join(repo, 'infra/images/shop-api'),
    package: '.',
  });
  const platform = await progress.step('k3s', async () => {
    if (context.k3s !== null) return [context.k3s, shortVersion(context.k3s.version)];
    const run = { log: context.log('k3s'), signal };
    const { made, ...standIn } = await standInK3s(join(repo, 'infra/k3s-compat'), cache, go, run);
    return [standIn, saying(made, shortVersion(standIn.version))];
  });
  const registry = context.services.has('registry')
    ? await build({ name: 'registry', sources: join(repo, 'infra/registry'), package: '.' })
    : null;
  const leaks =
    context.services.has('leaks') || context.services.has('leak-tools')
      ? await buildLeakMaker(repo, build)
      : null;
  const helm = await build(await helmProgram(join(repo, 'infra/helm')));
  const k3s = { ...platform, parts: await makeK3sParts(context, helm, signal) };
  return { k3s, agent, podinfo, updateCheck, shopApi, helm, registry, leaks };
}

async function makeLeakTools(context: SetupContext, helm: BuiltProgram): Promise<{ readonly tools: string }> {
  const { cache, source, progress } = context;
  const asset = await progress.step('leak tools', async () => {
    const made = await leakTools(cache, source, helm, { log: context.log('leak-tools') });
    return [made, saying(made.made, LEAK_TOOLS)];
  });
  return { tools: join(asset.folder, 'leak-tools.tar.zst') };
}

/** The leak corpus's program, for this machine and as a 32-bit one. */
async function buildLeakMaker(
  repo: string,
  build: (program: GoProgram) => Promise<BuiltProgram>,
): Promise<NonNullable<Assets['leaks']>> {
  const program = { sources: join(repo, 'infra/leak-maker'), package: '.' };
  const maker = await build({ ...program, name: 'leak-maker' });
  const maker32 = await build({ ...program, name: 'leak-maker-32', architecture: '386' });
  return { maker: maker.path, maker32: maker32.path };
}

interface Trees {
  readonly node: CachedAsset;
  readonly examples: CachedAsset;
  /** Null: not asked for. */
  readonly harness: CachedAsset | null;
}

/** The package manager's lane. */
async function buildTrees(context: SetupContext, signal: AbortSignal): Promise<Trees> {
  const { repo, cache, progress, source } = context;
  const node = await progress.step('node image', async () => {
    const key = await contentKey({
      paths: [join(repo, 'infra/node-image'), join(repo, 'infra/setup/debian-tree.ts')],
      values: { mirror: source.mirror, suite: source.suite },
      ignore: (path) => path.endsWith('.md'),
    });
    const run = { log: context.log('node-image'), signal };
    const made = await cache.get(
      'node-image',
      key,
      async (folder) => await buildNodeImage(folder, source, run),
    );
    return [made, saying(made.made, `Debian packages, ${source.suite}`)];
  });
  const examples = await progress.step('example trees', async () => {
    const run = { log: context.log('example-trees'), signal };
    const made = await exampleTrees(join(repo, 'infra/images'), cache, source, run);
    return [made, saying(made.made, 'nginx, curl, chrony, PostgreSQL')];
  });
  return {
    node,
    examples,
    harness: context.providers.has('container') ? await harnessRoot(context, signal) : null,
  };
}

async function harnessRoot(context: SetupContext, signal: AbortSignal): Promise<CachedAsset> {
  const { repo, cache, progress, source } = context;
  return await progress.step('harness root', async () => {
    const key = await contentKey({
      paths: ['infra/harness-root', 'infra/node-image', 'infra/setup/debian-tree.ts'].map((path) =>
        join(repo, path),
      ),
      values: { mirror: source.mirror, suite: source.suite },
      ignore: (path) => path.endsWith('.md'),
    });
    const run = { log: context.log('harness-root'), signal };
    const made = await cache.get(
      'harness-root',
      key,
      async (folder) => await makeDebianTree(join(folder, 'rootfs'), HARNESS_ROOT, source, run),
    );
    return [made, saying(made.made, `Debian packages, ${source.suite}`)];
  });
}

async function makeCanary(
  context: SetupContext,
  agent: BuiltProgram,
): Promise<readonly [CachedAsset, string]> {
  const key = await contentKey({
    paths: [join(context.repo, 'infra/images')],
    values: { agent: agent.key },
    ignore: (path) => path.endsWith('.md'),
  });
  const asset = await context.cache.get('canary-image', key, async (folder) => {
    const options = { format: 'docker-archive' } as const;
    await writeImageArchive(join(folder, 'canary.tar'), [canaryImage(agent.path)], options);
  });
  return [asset, saying(asset.made, CANARY_REFERENCE)];
}

/** examples/clean carries K3s itself, as a K3s air-gap directory does; examples/leaky is tested on the one that setup keeps. */
async function placeExamples(repo: string, k3s: K3sAsset, images: string, pki: string): Promise<void> {
  const clean = join(repo, 'examples/clean');
  // another K3s may have been there, with an archive of another name
  for (const name of await readdir(clean)) {
    const other = !k3s.images.some((archive) => basename(archive) === name);
    if (name.startsWith('k3s-airgap-images-') && other) await rm(join(clean, name));
  }
  await placeFile(k3s.binary, join(clean, 'k3s'));
  for (const archive of k3s.images) await placeFile(archive, join(clean, basename(archive)));
  await placeFile(join(images, 'clean.tar.zst'), join(clean, 'images/shop.tar.zst'));
  await placeFile(join(images, 'leaky.tar.zst'), join(repo, 'examples/leaky/images/leaky.tar.zst'));
  await placeShop(join(repo, 'examples'), images, pki);
}

const SHOPS = {
  shop: ['postgres', 'api', 'front'],
  'shop-broken': ['postgres', 'exporter', 'front'],
} as const;

async function placeShop(examples: string, images: string, pki: string): Promise<void> {
  for (const [shop, names] of Object.entries(SHOPS)) {
    for (const name of names)
      await placeFile(join(images, `shop-${name}.tar.zst`), join(examples, shop, `images/${name}.tar.zst`));
  }
  await placeFile(join(pki, 'web-tls.yaml'), join(examples, 'shop/values/web-tls.yaml'));
  for (const name of ['ca.crt', 'ca.key']) await placeFile(join(pki, name), join(examples, 'shop.pki', name));
}

async function writeAssets(repo: string, assets: Assets): Promise<void> {
  const file = join(repo, ASSETS_FILE);
  await mkdir(dirname(file), { recursive: true });
  const beside = `${file}.${randomBytes(4).toString('hex')}`;
  await writeFile(beside, `${JSON.stringify(assets, null, 2)}\n`);
  await rename(beside, file);
}
