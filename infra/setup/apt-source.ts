// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { HarnessError } from '../../harness/core/errors.ts';
import { outputOf } from './exec.ts';

/** Where Debian packages for nodes and images come from: the mirror that this machine itself uses. */
export interface AptSource {
  readonly mirror: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** apt options of this machine that reach the mirror (a proxy), as apt.conf lines. */
  readonly options: readonly string[];
}

/** The Debian release that nodes are made of on every Debian host, so that all of them run the same node. */
const DEBIAN_SUITE = 'bookworm';

/**
 * Asks apt, so that every form of its sources is understood.
 * @throws HarnessError (setup) on a machine that is neither Debian nor Ubuntu or names no mirror
 */
export async function readAptSource(): Promise<AptSource> {
  const release = parseOsRelease(await readFile('/etc/os-release', 'utf8').catch(() => ''));
  const targets = await outputOf([
    'apt-get',
    'indextargets',
    '--format',
    '$(REPO_URI) $(RELEASE) $(COMPONENT)',
    'Created-By: Packages',
  ]);
  const proxies = await outputOf([
    'apt-config',
    'dump',
    '--format',
    '%f "%v";%n',
    'Acquire::http::Proxy',
    'Acquire::https::Proxy',
  ]);
  return chooseSource(release, targets ?? '', proxies ?? '');
}

/** `KEY=value` lines of os-release, quotes removed. */
export function parseOsRelease(text: string): Readonly<Record<string, string>> {
  const pairs = text.split('\n').flatMap((line) => {
    const match = /^([A-Z_]+)=(["']?)(.*)\2$/.exec(line);
    return match === null ? [] : [[match[1] ?? '', match[3] ?? '']];
  });
  return Object.fromEntries(pairs);
}

/**
 * The mirror that serves the host's own release.
 * @param targets lines of `URI release component`
 * @param proxies lines of apt.conf
 * @throws HarnessError (setup)
 */
export function chooseSource(
  release: Readonly<Record<string, string>>,
  targets: string,
  proxies: string,
): AptSource {
  const id = release['ID'];
  const codename = release['VERSION_CODENAME'];
  if (id !== 'debian' && id !== 'ubuntu') {
    throw new HarnessError(
      `this machine is "${release['PRETTY_NAME'] ?? id ?? 'unknown'}", neither Debian nor Ubuntu`,
      {
        code: 'setup',
        hint: 'run the harness on Debian or Ubuntu, or in a container or virtual machine of one',
      },
    );
  }
  const mirror = targets
    .split('\n')
    .map((line) => line.trim().split(' '))
    .find(([, of, component]) => of === codename && component === 'main')?.[0];
  if (mirror === undefined) {
    throw new HarnessError(
      `apt knows no source for ${id} ${codename ?? ''} main, so the node image cannot be made`,
      {
        code: 'setup',
        hint: 'add a Debian or Ubuntu mirror to /etc/apt/sources.list',
      },
    );
  }
  return {
    mirror,
    suite: id === 'debian' ? DEBIAN_SUITE : (codename ?? ''),
    components: id === 'debian' ? ['main'] : ['main', 'universe'],
    options: proxies.split('\n').filter((line) => line.includes('::') && !line.endsWith('"";')),
  };
}
