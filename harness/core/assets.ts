// SPDX-License-Identifier: Apache-2.0
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { contentKey, isBesideGo } from './content-key.ts';
import { errnoOf, HarnessError, reasonOf } from './errors.ts';
import { K3S_PARTS } from './k3s-parts.ts';

/** What `npm run setup` made; all paths are absolute. */
const assetsSchema = z.strictObject({
  version: z.literal(1),
  k3s: z.strictObject({
    binary: z.string(),
    /** K3s's own image archives (k3s-airgap-images-*). */
    images: z.array(z.string()).readonly(),
    /** The stand-in's further archives, each with the images of one part of what K3s packages; only those that setup made. */
    parts: z.partialRecord(z.enum(K3S_PARTS), z.string()).optional(),
    /** Makes a service of it where systemd runs, as K3s's own script does. */
    installer: z.string().optional(),
    /** True when `binary` is the stand-in of infra/k3s-compat. */
    standIn: z.boolean(),
    /** First line of `k3s --version`. */
    version: z.string(),
  }),
  /** The helper program airgap-node. */
  agent: z.string(),
  /** What it was made of (agentSources): it and the harness are of one state of this project. */
  agentSources: z.string(),
  /** helm, for bundles that carry charts and no helm of their own. */
  helm: z.string(),
  /** Root file system of a node, a folder that nothing may write to. */
  nodeImage: z.string(),
  nodeImageKey: z.string(),
  /** A docker-archive that holds `canaryRef`. */
  canaryImage: z.string(),
  canaryRef: z.string(),
  /** The registry's program; only where setup was asked for it. */
  registry: z.string().optional(),
  /** What the leak corpus plants; only where setup was asked for it. */
  leaks: z
    .strictObject({
      /** leak-maker, 64-bit and 32-bit. */
      maker: z.string(),
      maker32: z.string(),
      /** An archive of the image with real programs; only where setup was asked for that as well. */
      tools: z.string().optional(),
    })
    .optional(),
  /** Root file system for the harness beside an engine on another machine; only where setup was asked for containers. */
  harnessRoot: z.string().optional(),
  /** Folders of a root file system with chrony, an overlay's, lowest last. */
  ntp: z.strictObject({ layers: z.array(z.string()).readonly() }).optional(),
  /** A virtual machine of the node image; only where setup was asked for it. */
  vm: z
    .strictObject({
      /** A qcow2 image with one file system, which nothing may write to. */
      disk: z.string(),
      kernel: z.string(),
      initrd: z.string(),
      /** Folder of what a user's cloud image gets to be a node (infra/vm/guest-files.ts). */
      guest: z.string(),
      /** Changes with any of the four. */
      key: z.string(),
      /** Folder for machines that were saved, by content key. */
      saved: z.string(),
    })
    .optional(),
});

export type Assets = z.infer<typeof assetsSchema>;

/** The file in which setup says where everything is, below the repository's root. */
export const ASSETS_FILE = '.airgap/assets.json';

/**
 * A short name for what airgap-node is made of in this project.
 *
 * @param repoRoot the folder that holds package.json
 */
export async function agentSources(repoRoot: string): Promise<string> {
  return await contentKey({
    paths: [join(repoRoot, 'infra/node-agent')],
    ignore: isBesideGo,
  });
}

/**
 * Reads what setup made and looks that all of it is still there, and of this state of the project.
 *
 * @param repoRoot the folder that holds package.json
 * @throws HarnessError (setup) when setup has not run, its file is of another version, a file it names is gone, or the
 * helper program is of other sources than those that are here
 */
export async function readAssets(repoRoot: string): Promise<Assets> {
  const file = join(repoRoot, ASSETS_FILE);
  const assets = parseAssets(await readFile(file, 'utf8').catch(() => fail(`${file} does not exist`)), file);
  await needAll(pathsOf(assets), file);
  if (assets.agentSources !== (await agentSources(repoRoot)))
    throw new HarnessError(
      'what setup made is of another state of the project: infra/node-agent has changed',
      {
        code: 'setup',
        hint: 'run: npm run setup, with the options that it had',
      },
    );
  return assets;
}

/** Everything that it names, for virtual machines and the leak corpus too. */
function pathsOf(assets: Assets): string[] {
  const { vm, leaks, harnessRoot } = assets;
  const ofVm = vm === undefined ? [] : [vm.disk, vm.kernel, vm.initrd, vm.guest];
  const ofLeaks =
    leaks === undefined
      ? []
      : [leaks.maker, leaks.maker32, ...(leaks.tools === undefined ? [] : [leaks.tools])];
  return [...runPaths(assets), ...ofVm, ...ofLeaks, ...(harnessRoot === undefined ? [] : [harnessRoot])];
}

/** Files and folders that a run on nodes of this machine's kernel is made of. */
export function runPaths({ k3s, agent, helm, nodeImage, canaryImage, registry, ntp }: Assets): string[] {
  return [
    k3s.binary,
    ...k3s.images,
    ...Object.values(k3s.parts ?? {}),
    agent,
    helm,
    nodeImage,
    canaryImage,
    ...(registry === undefined ? [] : [registry]),
    ...(ntp?.layers ?? []),
  ];
}

async function needAll(paths: readonly string[], file: string): Promise<void> {
  for (const path of paths) {
    await access(path).catch((error: unknown) => missing(path, file, error));
  }
}

function missing(path: string, file: string, error: unknown): never {
  if (errnoOf(error) !== 'EACCES') return fail(`${path}, which ${file} names, is gone`);
  throw new HarnessError(`what setup made may not be read by this user: ${path}`, {
    code: 'setup',
    hint: 'run: sudo AIRGAP_CACHE=/var/cache/airgap-readiness npm run setup -- --provider vm (docs/providers.md, "Without root")',
  });
}

function parseAssets(text: string, file: string): Assets {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return fail(`${file} is no JSON: ${reasonOf(error)}`, error);
  }
  const parsed = assetsSchema.safeParse(json);
  return parsed.success ? parsed.data : fail(`${file} is of another version of setup`, parsed.error);
}

/** What setup made for virtual machines. Throws HarnessError (setup) when it made nothing for them. */
export function vmOf({ vm }: Pick<Assets, 'vm'>): NonNullable<Assets['vm']> {
  if (vm !== undefined) return vm;
  throw new HarnessError('setup has made no virtual machine', {
    code: 'setup',
    hint: 'run: npm run setup -- --provider vm',
  });
}

function fail(reason: string, cause?: unknown): never {
  throw new HarnessError(`what setup makes is missing: ${reason}`, {
    code: 'setup',
    hint: 'run: npm run setup',
    ...(cause === undefined ? {} : { cause }),
  });
}
