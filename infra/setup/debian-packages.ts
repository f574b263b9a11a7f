// SPDX-License-Identifier: Apache-2.0
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { HarnessError } from '../../harness/core/errors.ts';
import { outputOf, runToEnd } from './exec.ts';

/** Tools of the host that the harness or setup starts, each with its reason. */
export const HOST_PACKAGES = [
  'ca-certificates', // Go modules and Debian packages come over TLS
  'iproute2', // links, addresses, routes and namespaces of a site
  'iptables', // rules that a test plants
  'kmod', // loads the modules a node's network needs
  'mmdebstrap', // makes the node image and the trees of the example images
  'nftables', // the gap's rules
  'openssl', // the certificates of a simulated site
  'perl-base', // passwords of a site's registry, the listener of a trap
  'procps', // sysctl
  'tcpdump', // the packet observer
  'util-linux', // nsenter, unshare, setpriv, flock
  'xz-utils', // Debian packages are xz
  'zstd', // platform image archives are zstd
] as const;

/** What the `vm` provider starts. */
export const VM_PACKAGES = [
  'e2fsprogs', // mke2fs makes disks of folders
  'qemu-system-x86',
  'qemu-utils', // qemu-img
] as const;

/** Chromium for the browser tests, and one font so that it shows letters. */
export const BROWSER_PACKAGES = ['chromium', 'fonts-dejavu-core'] as const;

/** Where no container engine is: Docker, which the harness starts as a daemon of its own. */
export const ENGINE_PACKAGES = ['docker.io'] as const;

/** True when the user names an engine, one of the machine listens, or a Docker is there to be started. */
export async function hasEngine(): Promise<boolean> {
  if ((process.env['DOCKER_HOST'] ?? '') !== '') return true;
  const places = ['/var/run/docker.sock', '/usr/bin/dockerd', '/usr/sbin/dockerd', '/usr/local/bin/dockerd'];
  const there = await Promise.all(
    places.map(
      async (path) =>
        await access(path).then(
          () => true,
          () => false,
        ),
    ),
  );
  return there.includes(true);
}

/** Those of `wanted` that are not installed, by dpkg's database. */
export async function missingPackages(wanted: readonly string[]): Promise<string[]> {
  // dpkg-query fails when it does not know one of the names, and prints the others all the same
  const listed = await outputOf([
    'sh',
    '-c',
    `dpkg-query --show --showformat '\${Package} \${db:Status-Status}\\n' "$@" 2>/dev/null || true`,
    'sh',
    ...wanted,
  ]);
  const installed = new Set(
    (listed ?? '')
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.slice(0, line.indexOf(' '))),
  );
  return wanted.filter((name) => !installed.has(name));
}

/** A Chromium or Chrome on the PATH, or null. */
export async function findBrowser(path: string): Promise<string | null> {
  for (const folder of path.split(':').filter(Boolean)) {
    for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
      const found = await access(join(folder, name)).then(
        () => true,
        () => false,
      );
      if (found) return join(folder, name);
    }
  }
  return null;
}

/**
 * Installs packages with apt-get, after reading the package lists anew.
 * @throws HarnessError (setup) when a package cannot be installed, or `install` is false
 */
export async function installPackages(
  packages: readonly string[],
  options: { readonly install: boolean; readonly log: string },
): Promise<void> {
  const command = ['apt-get', 'install', '--yes', '--no-install-recommends', ...packages];
  if (!options.install) {
    throw new HarnessError(
      `Debian packages are missing and --no-install forbids to install them: ${packages.join(' ')}`,
      {
        code: 'setup',
        hint: `run: apt-get update && ${command.join(' ')}`,
      },
    );
  }
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  // a broken third-party source fails the update though Debian's own was read: apt-get install is the judge
  const update = await runToEnd(['apt-get', 'update'], { log: options.log, env }).catch(
    (error: unknown) => error,
  );
  try {
    await runToEnd(command, { log: options.log, env });
  } catch (error) {
    throw update === undefined ? error : update;
  }
}
