// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheRoot } from '../../harness/core/cache-root.ts';
import { HarnessError, reasonOf } from '../../harness/core/errors.ts';

/** Kinds of node that need more than every machine gets. */
export const EXTRA_PROVIDERS = ['container', 'vm'] as const;
export type ExtraProvider = (typeof EXTRA_PROVIDERS)[number];

export interface SetupOptions {
  /** What is made besides the `netns` provider's. */
  readonly providers: ReadonlySet<ExtraProvider>;
  /** False: say which Debian packages are missing instead of installing them. */
  readonly install: boolean;
  /** False: do without the browser that the browser tests need. */
  readonly browser: boolean;
  /** A K3s binary to use instead of building the stand-in, absolute. */
  readonly k3s: string | null;
  /** Folder of all that is made, absolute. */
  readonly cache: string;
}

export const USAGE = `Usage: npm run setup -- [options]

Makes this machine ready: Debian packages, the Kubernetes that nodes run, the node image, the example images.
What was made before is kept; a second run takes seconds.

  --k3s PATH     use this K3s binary and the k3s-airgap-images-*.tar* beside it (also: AIRGAP_K3S)
                 instead of building the stand-in
  --provider LIST  also make what these kinds of node need, separated by commas: container (Docker, unless
                 an engine is there), vm
  --no-install   install nothing: say which Debian packages are missing
  --no-browser   do without Chromium, which only the browser tests need
  --help

Everything is kept in AIRGAP_CACHE, by default \${XDG_CACHE_HOME:-$HOME/.cache}/airgap-readiness.`;

/**
 * @returns null when only help is wanted
 * @throws HarnessError (usage)
 */
export function parseOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): SetupOptions | null {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      allowNegative: true,
      options: {
        k3s: { type: 'string' },
        provider: { type: 'string', default: '' },
        install: { type: 'boolean', default: true },
        browser: { type: 'boolean', default: true },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    throw new HarnessError(`setup does not understand its options: ${reasonOf(error)}`, {
      code: 'usage',
      hint: 'run: npm run setup -- --help',
      cause: error,
    });
  }
  if (values.help) return null;
  const k3s = values.k3s ?? (env['AIRGAP_K3S'] || undefined);
  return {
    providers: new Set(values.provider.split(',').filter(Boolean).map(extraProvider)),
    install: values.install,
    browser: values.browser,
    k3s: k3s === undefined ? null : resolve(k3s),
    cache: cacheRoot(env),
  };
}

function extraProvider(name: string): ExtraProvider {
  const known = EXTRA_PROVIDERS.find((provider) => provider === name);
  if (known !== undefined) return known;
  throw new HarnessError(
    `setup does not know the provider "${name}"; it makes extra parts for: ${EXTRA_PROVIDERS.join(', ')}`,
    { code: 'usage', hint: 'run: npm run setup -- --help' },
  );
}
