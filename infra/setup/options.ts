// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheRoot } from '../../harness/core/cache-root.ts';
import { HarnessError, reasonOf } from '../../harness/core/errors.ts';
import { K3S_PARTS, type K3sPart } from '../../harness/core/k3s-parts.ts';
import { parseParts } from './k3s-parts.ts';
import { K3S_RELEASE, K3S_RELEASES } from './k3s-release.ts';

/** Kinds of node that need more than every machine gets. */
export const EXTRA_PROVIDERS = ['container', 'vm'] as const;
export type ExtraProvider = (typeof EXTRA_PROVIDERS)[number];

/** Where the Kubernetes of nodes comes from. */
export type K3sChoice =
  /** Absolute path of a K3s binary. */
  | { readonly from: 'path'; readonly binary: string }
  /** Folder of releases; where it cannot be reached: the stand-in. */
  | { readonly from: 'release'; readonly base: URL }
  | { readonly from: 'stand-in' };

/** Parts that not every run needs: of a simulated site, and what the leak corpus (suites/leaks) is made of. */
export const EXTRA_SERVICES = ['registry', 'leaks', 'leak-tools'] as const;
export type ExtraService = (typeof EXTRA_SERVICES)[number];

export interface SetupOptions {
  /** What is made only when it is asked for. */
  readonly services: ReadonlySet<ExtraService>;
  /** What is made besides the `netns` provider's. */
  readonly providers: ReadonlySet<ExtraProvider>;
  /** What K3s packages, that the stand-in is given archives for. */
  readonly parts: readonly K3sPart[];
  /** False: say which Debian packages are missing instead of installing them. */
  readonly install: boolean;
  /** False: do without the browser that the browser tests need. */
  readonly browser: boolean;
  readonly k3s: K3sChoice;
  /** Folder of all that is made, absolute. */
  readonly cache: string;
}

/** Those that take seconds to make, or that many bundles ask for. */
const DEFAULT_PARTS = 'helm-controller,local-storage,servicelb';

export const USAGE = `Usage: npm run setup -- [options]

Makes this machine ready: Debian packages, the Kubernetes that nodes run, the node image, the example images.
What was made before is kept; a second run takes seconds.

Which K3s, one of:
  --k3s-releases URL  fetch the release ${K3S_RELEASE} from here (also: AIRGAP_K3S_RELEASES), by default from
                 ${K3S_RELEASES}
                 Where that cannot be reached within five seconds: the stand-in.
  --k3s PATH     use this K3s binary and the k3s-airgap-images-*.tar* beside it (also: AIRGAP_K3S)
  --stand-in     build the stand-in of infra/k3s-compat, and ask no release site

Else:
  --provider LIST  also make what these kinds of node need, separated by commas: container (Docker, unless
                 an engine is there), vm
  --with LIST    also make what only some runs need, separated by commas: registry (for gates that declare one),
                 leaks (the programs of the leak corpus), leak-tools (its real programs: apt, pip, npm ...)
  --parts LIST   which of K3s's packaged parts to make for the stand-in: all, none, or of
                 ${K3S_PARTS.join(', ')}, separated by commas
                 (default: ${DEFAULT_PARTS})
  --no-install   install nothing: say which Debian packages are missing
  --no-browser   do without Chromium, which only the browser tests need
  --help

Everything is kept in AIRGAP_CACHE, by default \${XDG_CACHE_HOME:-$HOME/.cache}/airgap-readiness.
Exit code 2: setup failed, and one message says why.`;

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
        'k3s-releases': { type: 'string' },
        'stand-in': { type: 'boolean', default: false },
        provider: { type: 'string', default: '' },
        with: { type: 'string', default: '' },
        parts: { type: 'string', default: DEFAULT_PARTS },
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
  const parts = parseParts(values.parts);
  if (parts === null) {
    throw new HarnessError(
      `setup does not know the parts "${values.parts}"; K3s packages: ${K3S_PARTS.join(', ')}`,
      { code: 'usage', hint: 'run: npm run setup -- --help' },
    );
  }
  return {
    services: new Set(values.with.split(',').filter(Boolean).map(extraService)),
    providers: new Set(values.provider.split(',').filter(Boolean).map(extraProvider)),
    parts,
    install: values.install,
    browser: values.browser,
    k3s: chooseK3s({ path: values.k3s, releases: values['k3s-releases'], standIn: values['stand-in'] }, env),
    cache: cacheRoot(env),
  };
}

/** What the command line says, else the environment: a path before a site. */
function chooseK3s(
  line: {
    readonly path: string | undefined;
    readonly releases: string | undefined;
    readonly standIn: boolean;
  },
  env: Readonly<Record<string, string | undefined>>,
): K3sChoice {
  const { path, releases, standIn } = line;
  if ([path !== undefined, releases !== undefined, standIn].filter(Boolean).length > 1) {
    throw new HarnessError('--k3s, --k3s-releases and --stand-in exclude each other', {
      code: 'usage',
      hint: 'give one of them',
    });
  }
  if (standIn) return { from: 'stand-in' };
  if (releases !== undefined) return { from: 'release', base: releasesAt(releases, '--k3s-releases') };
  const binary = path ?? (env['AIRGAP_K3S'] || undefined);
  if (binary !== undefined) return { from: 'path', binary: resolve(binary) };
  return {
    from: 'release',
    base: releasesAt(env['AIRGAP_K3S_RELEASES'] || K3S_RELEASES, 'AIRGAP_K3S_RELEASES'),
  };
}

function releasesAt(text: string, option: string): URL {
  const url = URL.parse(text);
  if (url !== null && ['http:', 'https:'].includes(url.protocol)) return url;
  throw new HarnessError(`${option} "${text}" is not a URL of http or https`, {
    code: 'usage',
    hint: `give the folder above a release's own, for example ${K3S_RELEASES}; or --stand-in`,
  });
}

function extraProvider(name: string): ExtraProvider {
  const known = EXTRA_PROVIDERS.find((provider) => provider === name);
  if (known !== undefined) return known;
  throw new HarnessError(
    `setup does not know the provider "${name}"; it makes extra parts for: ${EXTRA_PROVIDERS.join(', ')}`,
    { code: 'usage', hint: 'run: npm run setup -- --help' },
  );
}

function extraService(name: string): ExtraService {
  const known = EXTRA_SERVICES.find((service) => service === name);
  if (known !== undefined) return known;
  throw new HarnessError(
    `setup does not know the part "${name}"; on demand it makes: ${EXTRA_SERVICES.join(', ')}`,
    { code: 'usage', hint: 'run: npm run setup -- --help' },
  );
}
