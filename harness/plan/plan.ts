// SPDX-License-Identifier: Apache-2.0
import type { Bundle } from '../core/bundle.ts';
import type { Check } from '../core/cluster.ts';
import { HarnessError } from '../core/errors.ts';
import { type InsideRanges, type ObserverId, type Phase, PHASES, type PlannedCheck } from '../core/events.ts';
import type { Gate } from '../core/gate.ts';
import type { NodeSpec } from '../core/node.ts';
import { hasSink } from '../core/profile.ts';
import { PROXY } from '../core/proxy.ts';
import { type PlannedService, SERVICE_RANGE, type ZoneEntry } from '../core/site.ts';
import type { ProviderNeeds } from '../providers/choose-provider.ts';
import { planServices, planZone } from './plan-services.ts';

/** Names in which only the harness's own pods live. */
export const CANARY_NAMESPACE = 'airgap-canary';
export const PROBE_NAMESPACE = 'airgap-probe';

/** What is asked of a run besides the bundle and the gate. Times in milliseconds. */
export interface PlanOptions {
  readonly quietMs: number;
  readonly settleTimeoutMs: number;
  readonly memoryMiB: number;
  /** As in NodeSpec. @default 0 */
  readonly clockAheadMs?: number;
  /** As in NodeSpec. */
  readonly diskMiB?: number;
  /** As in ObserverOptions. @default 1 */
  readonly bufferFactor?: number;
  /** As in Gate: asked for here or there, the node is rebooted. @default false */
  readonly reboot?: boolean;
}

/** Everything a run will do, on whatever its node is made of: pure data, printable. */
export interface Plan {
  /** What its node must be able to do. */
  readonly needs: ProviderNeeds;
  readonly profile: Gate['profile'];
  readonly phases: readonly Phase[];
  readonly checks: readonly (PlannedCheck & { readonly phase: Check['phase'] })[];
  readonly observers: readonly ObserverId[];
  readonly inside: InsideRanges;
  /** What the simulated site offers. */
  readonly services: readonly PlannedService[];
  /** Names that the site's own DNS knows. */
  readonly zone: readonly ZoneEntry[];
  readonly node: Required<Pick<NodeSpec, 'name' | 'memoryMiB' | 'pids' | 'clockAheadMs'>> &
    Pick<NodeSpec, 'diskMiB'>;
  readonly bufferFactor: number;
  readonly quietMs: number;
  readonly settleTimeoutMs: number;
  readonly harnessNamespaces: readonly string[];
}

/** The simulated site's own: the link to the sink, and the fake DNS there. */
const SITE = { node: ['10.99.0.0/24', 'fd99::/64'], resolvers: ['10.99.0.2', 'fd99::2'] } as const;
/** With services their addresses are left out (SERVICE_RANGE): who uses them is seen as what is outside is. */
const SITE_WITH_SERVICES = {
  ...SITE,
  node: ['10.99.0.0/26', '10.99.0.128/25', 'fd99::/64'],
  site: [SERVICE_RANGE],
} as const;
/** The node's own address (harness/gap/no-route.ts). */
const NODE_ADDRESS = '10.99.0.1';

/**
 * Bundle + gate + options => plan. Every check is required: a bundle's own checks because its maker says they matter, the
 * built-in ones because each answers a question that an air-gapped user will ask. Throws HarnessError (config) when the
 * gate requires a check that does not exist, (bundle) when the bundle needs more nodes than this version starts.
 */
export function makePlan(bundle: Bundle, gate: Gate, checks: readonly Check[], options: PlanOptions): Plan {
  const known = new Set(checks.map((check) => check.id));
  const twice = checks.find(({ id }, index) => checks.findIndex((other) => other.id === id) !== index);
  if (twice !== undefined) {
    throw new HarnessError(
      `bundle "${bundle.name}" names a check "${twice.id}", as one of the harness is called`,
      {
        code: 'bundle',
        hint: 'give the check of the bundle another id',
      },
    );
  }
  const missing = gate.requiredChecks.filter((id) => !known.has(id));
  if (missing.length > 0) {
    throw new HarnessError(
      `${gate.file ?? 'the gate'} requires the check "${missing.join('", "')}", which this bundle does not have`,
      { code: 'config', hint: `checks of this run: ${[...known].join(', ')}` },
    );
  }
  if (bundle.requirements.nodes > 1) {
    throw new HarnessError(
      `bundle "${bundle.name}" requires ${bundle.requirements.nodes} nodes; this version of the harness starts one`,
      { code: 'bundle', hint: 'set requirements.nodes to 1 to test what one node can show' },
    );
  }
  const services = planServices(gate);
  const { clockAheadMs = 0, bufferFactor = 1, diskMiB } = options;
  const hasProxy = gate.profile === 'proxy';
  return {
    needs: {
      ownKernel: bundle.requirements.ownKernel,
      ownClock: clockAheadMs !== 0,
      ownDisk: diskMiB !== undefined,
    },
    profile: gate.profile,
    phases: PHASES.filter(
      (phase) => phase !== 'soak' && (phase !== 'reboot' || checks.some((check) => check.phase === 'reboot')),
    ),
    checks: checks.map(({ id, title, phase }) => ({ id, title, phase, required: true })),
    observers: [
      'routes',
      'link',
      'cni',
      ...(hasSink(gate.profile) ? (['sink'] as const) : []),
      'dns',
      'witness',
      'containers',
      'pods',
    ],
    inside: {
      ...(services.length === 0 && !hasProxy ? SITE : SITE_WITH_SERVICES),
      ...(hasProxy ? { proxy: PROXY } : {}),
      ...bundle.kubernetes.network,
    },
    services,
    zone: planZone(gate, services, NODE_ADDRESS),
    node: {
      name: 'n1',
      memoryMiB: Math.max(options.memoryMiB, bundle.requirements.memoryMiB ?? 0),
      pids: 8192,
      clockAheadMs,
      ...(diskMiB === undefined ? {} : { diskMiB }),
    },
    bufferFactor,
    quietMs: options.quietMs,
    settleTimeoutMs: options.settleTimeoutMs,
    harnessNamespaces: [CANARY_NAMESPACE, PROBE_NAMESPACE],
  };
}
