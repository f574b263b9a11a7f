// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { Context } from 'mocha';
import { readAssets } from '../../../harness/core/assets.ts';
import type { K3sPart } from '../../../harness/core/k3s-parts.ts';
import { type Capability, offersOf, probeFor } from '../../../harness/providers/capabilities.ts';
import type { ProviderId } from '../../../harness/providers/provider.ts';

export const REPO_ROOT = resolve(import.meta.dirname, '../../..');

/** What a tier may need of the machine, each really asked, with the reason why not. */
const CAPABILITIES = {
  root: () => (process.getuid?.() === 0 ? null : 'not root'),
  netns: () => (answers(['unshare', '--net', 'true']) ? null : 'cannot make a network namespace'),
  tracefs: () =>
    existsSync('/sys/kernel/tracing/instances') ||
    answers(['mount', '-t', 'tracefs', 'tracefs', '/sys/kernel/tracing'])
      ? null
      : 'no tracefs',
  container: () =>
    (process.env['DOCKER_HOST'] ?? '') !== '' ||
    existsSync('/var/run/docker.sock') ||
    answers(['dockerd', '--version'])
      ? null
      : 'no container engine (npm run setup -- --provider container)',
  dockerd: () => (answers(['dockerd', '--version']) ? null : 'dockerd is not installed'),
  vm: () =>
    !answers(['qemu-system-x86_64', '--version'])
      ? 'QEMU is not installed (npm run setup -- --provider vm)'
      : existsSync(`${REPO_ROOT}/.airgap/assets.json`) &&
          readFileSync(`${REPO_ROOT}/.airgap/assets.json`, 'utf8').includes('"vm"')
        ? null
        : 'setup has made no virtual machine (npm run setup -- --provider vm)',
  registry: () =>
    existsSync(`${REPO_ROOT}/.airgap/assets.json`) &&
    readFileSync(`${REPO_ROOT}/.airgap/assets.json`, 'utf8').includes('"registry"')
      ? null
      : 'setup has built no registry (npm run setup -- --with registry)',
  leaks: () =>
    existsSync(`${REPO_ROOT}/.airgap/assets.json`) &&
    readFileSync(`${REPO_ROOT}/.airgap/assets.json`, 'utf8').includes('"leaks"')
      ? null
      : 'setup has not built the programs of the leak corpus (npm run setup -- --with leaks)',
  chromium: () => (answers(['chromium', '--version']) ? null : 'chromium is not installed'),
  k3s: () => (existsSync(`${REPO_ROOT}/.airgap/assets.json`) ? null : 'setup has not run (npm run setup)'),
} as const;
export type Need = keyof typeof CAPABILITIES;

/**
 * First line of a `before` hook: skips the suite loudly when something is missing; fails it instead when AIRGAP_REQUIRE names
 * that capability.
 */
export function needs(context: Context, ...wanted: readonly Need[]): void {
  const required = (process.env['AIRGAP_REQUIRE'] ?? '').split(',');
  for (const need of wanted) {
    const reason = CAPABILITIES[need]();
    if (reason === null) continue;
    if (required.includes(need)) throw new Error(`AIRGAP_REQUIRE=${need}, but: ${reason}`);
    console.log(`SKIPPED for want of ${need}: ${reason}`);
    context.skip();
  }
}

/** As `needs`, for images of what K3s packages, which setup makes for the stand-in when it is asked; a K3s that is given has all. */
export async function needsParts(context: Context, ...wanted: readonly K3sPart[]): Promise<void> {
  needs(context, 'k3s');
  const { k3s } = await readAssets(REPO_ROOT);
  const made = k3s.parts ?? {};
  const missing = wanted.filter((part) => made[part] === undefined);
  if ((process.env['AIRGAP_K3S'] ?? '') !== '' || !k3s.standIn || missing.length === 0) return;
  const reason = `setup has not made ${missing.join(', ')} (npm run setup -- --parts all)`;
  if ((process.env['AIRGAP_REQUIRE'] ?? '').split(',').includes('parts')) {
    throw new Error(`AIRGAP_REQUIRE=parts, but: ${reason}`);
  }
  console.log(`SKIPPED for want of parts: ${reason}`);
  context.skip();
}

const offers = new Map<ProviderId, Promise<readonly Capability[]>>();

/** As `needs`, for a provider that this machine may offer: AIRGAP_REQUIRE names it. */
export async function needsProvider(context: Context, provider: ProviderId): Promise<void> {
  needs(context, 'k3s');
  if ((await lackOf(provider)) !== null) context.skip();
}

/**
 * Why this machine does not offer a provider, said aloud; null: it does. Asked once. Throws when AIRGAP_REQUIRE names the
 * provider and it is not offered.
 */
export async function lackOf(provider: ProviderId): Promise<string | null> {
  const known = offers.get(provider) ?? probeFor([provider]);
  offers.set(provider, known);
  const missing = offersOf(await known, [provider]).flatMap((offer) => offer.missing);
  const reasons = missing.map(({ id, reason }) => `${id}: ${reason}`);
  const notMade = provider === 'vm' ? CAPABILITIES.vm() : null;
  const reason = [...reasons, ...(notMade === null ? [] : [notMade])].join('; ');
  if (reason === '') return null;
  if ((process.env['AIRGAP_REQUIRE'] ?? '').split(',').includes(provider)) {
    throw new Error(`AIRGAP_REQUIRE=${provider}, but: ${reason}`);
  }
  console.log(`SKIPPED for want of provider ${provider}: ${reason}`);
  return reason;
}

function answers([file = '', ...args]: readonly string[]): boolean {
  return spawnSync(file, args, { stdio: 'ignore' }).status === 0;
}
