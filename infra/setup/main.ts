// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { errnoOf, HarnessError } from '../../harness/core/errors.ts';
import { EXIT } from '../../harness/core/exit-codes.ts';
import { readAptSource } from './apt-source.ts';
import { AssetCache } from './cache.ts';
import { outputOf } from './exec.ts';
import { fetchedGo, systemGo } from './go-toolchain.ts';
import { prepareHost } from './host-packages.ts';
import { givenK3s } from './k3s.ts';
import type { K3sAsset } from './k3s.ts';
import { K3S_RELEASE, k3sRelease } from './k3s-release.ts';
import { lockFile } from './lock.ts';
import { makeAssets } from './make-assets.ts';
import { parseOptions, USAGE } from './options.ts';
import type { K3sChoice, SetupOptions } from './options.ts';
import { elapsed, Progress } from './progress.ts';

const repo = resolve(import.meta.dirname, '../..');

/** Every Go module of ours: the newest `go` line of them decides which Go is needed. */
const goModules = [
  'infra/k3s-compat/go.mod',
  'infra/k3s-packaged/klipper-helm/go.mod',
  'infra/k3s-packaged/local-path-provisioner/go.mod',
  'infra/k3s-packaged/metrics-server/go.mod',
  'infra/k3s-packaged/traefik/go.mod',
  'infra/node-agent/go.mod',
  'infra/helm/go.mod',
  'infra/images/podinfo/go.mod',
  'infra/images/update-check/go.mod',
  'infra/registry/go.mod',
  'infra/leak-maker/go.mod',
].map((file) => join(repo, file));

function requireMachine(): void {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new HarnessError(
      `setup cannot run on ${process.platform} ${process.arch}: nodes are Linux on amd64`,
      {
        code: 'setup',
        hint: 'use a Linux machine, virtual or not, with an amd64 processor',
      },
    );
  }
  if (process.getuid?.() !== 0) {
    throw new HarnessError('setup needs root: it installs Debian packages and makes root file systems', {
      code: 'setup',
      hint: 'run: sudo npm run setup',
    });
  }
}

async function setup(options: SetupOptions): Promise<void> {
  requireMachine();
  const given = options.k3s.from === 'path' ? await givenK3s(options.k3s.binary) : null;
  using progress = new Progress({
    isTty: process.stdout.isTTY,
    columns: process.stdout.columns ?? 80,
    write: (text) => process.stdout.write(text),
  });
  const start = performance.now();
  progress.line(`setup: everything is kept in ${options.cache}`);
  await using _lock = await lockFile(join(options.cache, 'lock'), () =>
    progress.line('  another setup is running: waiting for it'),
  );
  const announce = (line: string): void => progress.line(line);
  const cache = new AssetCache(options.cache);
  await cache.tidy();
  const log = (step: string): string => join(options.cache, 'logs', `${step}.log`);

  // before all that takes minutes: a release that is not what it should be ends setup
  const k3s = given ?? (await fetchedK3s(options.k3s, cache, progress));
  const ownGo = await systemGo(goModules);
  const pip = ownGo === null && (await outputOf(['python3', '-m', 'pip', '--version'])) === null;
  await progress.step('packages', async () => {
    return [null, await prepareHost(options, { pip }, log('packages'), announce)];
  });
  const go = await progress.step('go', async () => {
    const toolchain = ownGo ?? (await fetchedGo(cache, log('go')));
    return [toolchain, `${toolchain.version} of ${toolchain.from}`];
  });
  await makeAssets({
    repo,
    cache,
    progress,
    source: await readAptSource(),
    go,
    k3s,
    log,
    providers: options.providers,
    parts: options.parts,
    services: options.services,
  });
  progress.line(`setup: done in ${elapsed(performance.now() - start)}; next: npm test`);
}

/** @returns null: the stand-in, because it is wanted or the release site cannot be reached */
async function fetchedK3s(
  choice: K3sChoice,
  cache: AssetCache,
  progress: Progress,
): Promise<K3sAsset | null> {
  if (choice.from !== 'release') return null;
  const { base } = choice;
  return await progress.step('k3s release', async () => {
    const found = await k3sRelease(base, cache);
    return found.k3s === null
      ? [null, `${base.host} cannot be reached (${found.reason}): the stand-in instead`]
      : [found.k3s, `${found.made ? 'fetched' : 'kept'}: ${K3S_RELEASE} of ${base.host}`];
  });
}

for (const stream of [process.stdout, process.stderr]) {
  // `npm run setup | head`: nobody reads any more. It ends as if interrupted; what was made is kept.
  stream.on('error', (error) => {
    if (errnoOf(error) !== 'EPIPE') throw error;
    process.exit(EXIT.interrupted);
  });
}
try {
  const options = parseOptions(process.argv.slice(2), process.env);
  if (options === null) process.stdout.write(`${USAGE}\n`);
  else await setup(options);
} catch (error) {
  if (!(error instanceof HarnessError)) throw error;
  process.stderr.write(`setup: ${error.message}\n${error.hint === undefined ? '' : `  ${error.hint}\n`}`);
  process.exitCode = EXIT.badInput;
}
