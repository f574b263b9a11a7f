// SPDX-License-Identifier: Apache-2.0
import { basename, join } from 'node:path';
import type { Assets } from '../core/assets.ts';
import type { Clock } from '../core/clock.ts';
import type { Cluster } from '../core/cluster.ts';
import type { LinkPlan, RunningNode } from '../core/node.ts';
import type { RunningObserver } from '../core/observer.ts';
import { openGap } from '../gap/open-gap.ts';
import { planNoRoute } from '../gap/no-route.ts';
import { verifyGap } from '../gap/verify-gap.ts';
import { planCanaries } from '../observe/canary/plan.ts';
import { runNodeCanaries } from '../observe/canary/run.ts';
import { startCapture } from '../observe/capture/start-capture.ts';
import { startContainers } from '../observe/containers/start-containers.ts';
import { startDns } from '../observe/dns/start-dns.ts';
import { startPods } from '../observe/pods/start-pods.ts';
import { startRoutes } from '../observe/routes/start-routes.ts';
import { PROBE_NAMESPACE, type Plan } from '../plan/plan.ts';
import { prepareNetnsNode } from '../providers/netns/prepare.ts';
import { openSession } from '../providers/session.ts';
import { makeCluster } from '../site/cluster.ts';
import { readDistribution } from '../site/distribution.ts';
import { startK3s } from '../site/k3s.ts';
import type { RunFold } from '../verdict/run-fold.ts';
import type { EventLog } from './event-log.ts';
import type { Inspected } from './inspect.ts';
import type { ChosenKubernetes } from './kubernetes.ts';
import { flushAll, refuseLeak } from './prove.ts';

const IMAGES_DIR = '/var/lib/rancher/k3s/agent/images';
const K3S_PATH = '/usr/local/bin/k3s';

/** The site that is up. */
export interface Provisioned {
  readonly node: RunningNode;
  readonly link: LinkPlan;
  readonly cluster: Cluster;
  readonly observers: readonly RunningObserver[];
  readonly helper: { readonly namespace: string; readonly image: string };
  /** Path of K3s's log on this machine. */
  readonly k3sLog: string;
  /** Leaves node and gap up for `airgap shell`; ends only what reports to this process. */
  keep(stack: AsyncDisposableStack): Promise<void>;
}

export interface ProvisionContext {
  readonly inspected: Inspected;
  readonly plan: Plan;
  readonly clock: Clock;
  readonly log: EventLog;
  readonly signal: AbortSignal;
  /** Everything made is put on it before it is used: it is the way out. */
  readonly stack: AsyncDisposableStack;
  readonly kubernetes: ChosenKubernetes;
  readonly assets: Assets;
  readonly faults: readonly string[];
  readonly outDir: string;
  readonly fold: RunFold;
}
