// SPDX-License-Identifier: Apache-2.0
import type { Check, CheckResult } from '../core/cluster.ts';
import type { EventSink } from '../core/events.ts';
import { installManifests } from '../site/install.ts';
import { offerAuthority } from '../site/offer-authority.ts';
import type { Inspected } from './inspect.ts';
import { installCharts } from './install-charts.ts';
import type { Provisioned } from './provision.ts';

export interface InstallContext {
  readonly inspected: Inspected;
  readonly site: Provisioned;
  readonly log: EventSink;
  readonly signal: AbortSignal;
  /** Runs a check that installs something; its answer goes to the log. */
  readonly ask: (check: Check) => Promise<CheckResult>;
}

/** Puts the bundle's manifests where K3s applies them and waits until each object is there; then the charts, in their order. */
export async function installBundle(context: InstallContext): Promise<void> {
  const { inspected, site, signal } = context;
  const offered = site.services?.offered ?? null;
  if (offered !== null) await offerAuthority(site.cluster, offered.pem, offered.configMaps);
  await installManifests(site.cluster, inspected.bundle, { signal, k3sLog: site.k3sLog });
  await installCharts(context);
}
