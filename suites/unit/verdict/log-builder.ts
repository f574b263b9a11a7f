// SPDX-License-Identifier: Apache-2.0
import type { Event, EventBody, EventOf, NodeId, ObserverId, Phase } from '../../../harness/core/events.ts';
import { EMPTY_GATE } from '../../../harness/core/gate.ts';
import type { Attempt, Report } from '../../../harness/core/report.ts';
import { buildReport } from '../../../harness/verdict/build-report.ts';

export const S = 1_000_000_000;
export const RENDERED_AT = '2026-03-01T12:00:00.000Z';

export const RUN: EventOf<'run'> = {
  v: 1,
  seq: 1,
  at: 0,
  type: 'run',
  id: 'run-1',
  startedAt: '2026-03-01T10:00:00.000Z',
  bundle: {
    name: 'shop',
    version: '1.0',
    format: 'bundle.yaml',
    path: 'examples/shop',
    digest: `sha256:${'b'.repeat(64)}`,
    items: [],
    images: [],
  },
  gate: EMPTY_GATE,
  environment: {
    provider: 'netns',
    profile: 'no-route',
    distribution: { name: 'k3s', version: 'v1.36.3+k3s1', standIn: false, from: '/opt/k3s' },
    host: { kernel: '6.18.0', os: 'Debian GNU/Linux 12', cpus: 2, memoryMiB: 4096 },
    nodeImage: `sha256:${'c'.repeat(64)}`,
    tool: { name: 'airgap', version: '0.1.0' },
  },
  inside: {
    node: ['10.99.0.0/24', 'fd99::/64'],
    pods: ['10.42.0.0/16'],
    services: ['10.43.0.0/16'],
    resolvers: ['10.99.0.2'],
    clusterDomain: 'cluster.local',
  },
  phases: ['prove', 'install', 'settle', 'teardown'],
  checks: [{ id: 'node-ready', title: 'The node is Ready', required: true }],
  observers: ['routes', 'link', 'cni', 'dns', 'witness'],
  harnessNamespaces: ['airgap-canary'],
  faults: [],
  filtered: false,
};

type SightingOptions = Partial<Omit<EventOf<'sighting'>, 'type' | 'observer' | 'to' | 'v' | 'seq'>>;

/** Writes a log event by event, as a run would; `at` in seconds. */
export class LogBuilder {
  readonly events: Event[] = [];

  constructor(run: Partial<EventOf<'run'>> = {}) {
    this.events.push({ ...RUN, ...run });
  }

  add(at: number, body: EventBody, node?: NodeId): this {
    const stamp = { v: 1 as const, seq: this.events.length + 1, at: Math.round(at * S) };
    this.events.push({ ...stamp, ...(node === undefined ? {} : { node }), ...body });
    return this;
  }

  phase(phase: Phase, from: number, to: number): this {
    return this.add(from, { type: 'phase', phase, edge: 'begin' }).add(to, {
      type: 'phase',
      phase,
      edge: 'end',
    });
  }

  task(key: string, exe: string, rest: Partial<EventOf<'task'>> = {}): this {
    return this.add(0, { type: 'task', key, exe, ...rest });
  }

  /** A Deployment's pod with one container, and that container as the runtime knows it. */
  pod(name: string, ip: string, options: PodOptions = {}): this {
    const {
      namespace = 'shop',
      owner = { kind: 'Deployment', name },
      labels = {},
      hostNetwork = false,
    } = options;
    const pod = { namespace, name: `${name}-0`, uid: uidOf(name) };
    const image = options.image ?? `registry.example/${name}:1`;
    const container = { name: 'app', image, kind: 'container' as const };
    const policy = options.pullPolicy === undefined ? {} : { pullPolicy: options.pullPolicy };
    this.add(0, {
      type: 'pod',
      pod,
      owner,
      ips: [ip],
      hostNetwork,
      containers: [{ ...container, ...policy }],
      labels,
    });
    return this.add(0, {
      type: 'container',
      id: containerIdOf(name),
      name: 'app',
      pod,
      image,
      sandbox: false,
    });
  }

  saw(observer: ObserverId, at: number, to: EventOf<'sighting'>['to'], options: SightingOptions = {}): this {
    const { node, ...rest } = options;
    return this.add(
      at,
      {
        type: 'sighting',
        observer,
        last: Math.round(at * S),
        count: 1,
        from: {},
        raw: { text: `${observer} at ${at}` },
        ...rest,
        to,
      },
      node,
    );
  }

  /** Everything that a run needs to be ready: phases, a check, canaries seen, observers without loss, an end. */
  complete(): this {
    this.phase('prove', 1, 2).phase('install', 2, 10).phase('settle', 10, 90).phase('teardown', 90, 91);
    for (const stage of ['start', 'end'] as const) {
      const to = {
        protocol: 'tcp',
        address: stage === 'start' ? '203.0.113.201' : '203.0.113.202',
        port: 4000,
      } as const;
      const at = stage === 'start' ? 1.5 : 89;
      this.add(at, {
        type: 'canary',
        id: `${stage}-tcp4`,
        place: 'node',
        kind: 'tcp4',
        stage,
        to,
        expect: ['routes'],
      });
      this.saw('routes', at, to);
    }
    this.add(50, {
      type: 'check',
      id: 'node-ready',
      title: 'The node is Ready',
      required: true,
      result: 'pass',
      message: 'Ready',
      startedAt: 49 * S,
      evidence: [],
    });
    for (const observer of RUN.observers) this.add(90, { type: 'health', observer, received: 10, lost: 0 });
    return this.add(91, { type: 'end', outcome: 'complete' });
  }

  report(): Report {
    return buildReport(this.events, { renderedAt: RENDERED_AT });
  }

  attempts(): Attempt[] {
    return this.report().attempts;
  }
}

interface PodOptions {
  readonly namespace?: string;
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly image?: string;
  readonly pullPolicy?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly hostNetwork?: boolean;
}

/** 64 hex digits that belong to a pod's name. */
export function containerIdOf(name: string): string {
  return Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64);
}

export function uidOf(name: string): string {
  return `uid-${name}`;
}
