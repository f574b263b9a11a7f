// SPDX-License-Identifier: Apache-2.0
import { installManifests } from '../site/install.ts';
import type { Inspected } from './inspect.ts';
import type { Provisioned } from './provision.ts';

/** Puts the bundle's manifests where K3s applies them and waits until each object is there. */
export async function installBundle(context: {
  readonly inspected: Inspected;
  readonly site: Provisioned;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { inspected, site, signal } = context;
  await installManifests(site.cluster, inspected.bundle, { signal, k3sLog: site.k3sLog });
}
