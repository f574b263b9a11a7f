// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { readAssets } from '../../../harness/core/assets.ts';
import type { ObserverId } from '../../../harness/core/events.ts';
import type { RunningObserver } from '../../../harness/core/observer.ts';
import type { Report } from '../../../harness/core/report.ts';
import { canaryArguments } from '../../../harness/observe/canary/encode.ts';
import { type PlannedCanary, planCanaries } from '../../../harness/observe/canary/plan.ts';
import { recordAnswers, recordPlanned } from '../../../harness/observe/canary/record.ts';
import { startCapture } from '../../../harness/observe/capture/start-capture.ts';
import { startDns } from '../../../harness/observe/dns/start-dns.ts';
import { startRoutes } from '../../../harness/observe/routes/start-routes.ts';
import { needs, REPO_ROOT } from '../support/needs.ts';
import { judgedCanaries } from '../../support/judged-canaries.ts';
import type { MemoryLog } from '../../support/memory-log.ts';
import { makeSite, type SiteOptions, startLauncher } from './support.ts';

const LINK = { sink4: '10.99.0.2/24', sink6: 'fd99::2/64' };
/** Every group may have ping sockets, as containerd sets it for pods; the kernel's default is none. */
const ANY_GROUP = '0 2147483647';
/** As a CNI plug-in leaves a pod: with the kernel's default of asking once. */
const PLUGGED_IN = `echo 1 >/proc/sys/net/ipv6/conf/eth0/dad_transmits
  ip link set eth0 down; ip link set eth0 up; ip route add default via 10.42.0.1`;

interface Outcome {
  readonly log: MemoryLog;
  /** As a run judges them. */
  readonly canaries: Report['canaries'];
}

interface Making extends SiteOptions {
  /** An observer that does not run. */
  readonly off?: ObserverId;
  /** Of the kernel. @default any */
  readonly pingGroups?: string;
  /** The pod's link was plugged in just now: its kernel still asks whether another has its IPv6 address. @default false */
  readonly fresh?: boolean;
}

/** Makes a plan from a place of a bare site, with all observers that need no Kubernetes. */
async function make(
  place: 'node' | 'pod',
  plan: readonly PlannedCanary[],
  { off, pingGroups = ANY_GROUP, fresh = false, ...options }: Making = {},
): Promise<Outcome> {
  const { agent } = await readAssets(REPO_ROOT);
  await using site = await makeSite(options);
  const { netns, log } = site;
  await site.sh(place, `echo ${pingGroups} >/proc/sys/net/ipv4/ping_group_range`);
  await using launcher = await startLauncher(netns[place]);
  await using stack = new AsyncDisposableStack();
  const capture = (id: 'link' | 'cni' | 'witness', where: string, device: string) => async () =>
    await startCapture({ ...site.options, id, netns: where, device });
  const starts: Partial<Record<ObserverId, () => Promise<RunningObserver>>> = {
    link: capture('link', netns.sink, 'node0'),
    cni: capture('cni', netns.node, 'cni0'),
    witness: capture('witness', netns.witness, 'eth0'),
    dns: async () =>
      await startDns({ ...site.options, netns: netns.sink, addresses: ['10.99.0.2', 'fd99::2'] }),
    routes: async () => await startRoutes({ ...site.options, label: site.label, launcherTid: launcher.tid }),
  };
  const observers = await Promise.all(
    Object.entries(starts).flatMap(([id, start]) => (id === off ? [] : [start()])),
  );
  for (const observer of observers) stack.use(observer);
  launcher.go();
  recordPlanned(log, 'n1', plan);
  if (fresh) await site.sh('pod', PLUGGED_IN);
  const output = await launcher.run(`${agent} ${canaryArguments(plan, 1).join(' ')}`);
  recordAnswers(log, 'n1', plan, output);
  for (const observer of observers) await observer.flush();
  return { log, canaries: judgedCanaries(log) };
}

/** A pod of the bare site has no cluster DNS. */
function planOf(place: 'node' | 'pod'): readonly PlannedCanary[] {
  return planCanaries({ place, stage: 'boot', link: LINK }).filter(
    ({ kind }) => place === 'node' || !kind.startsWith('dns-'),
  );
}

/** What each met, by kind. */
function answersOf(canaries: Report['canaries']): Record<string, string | null> {
  return Object.fromEntries(canaries.map(({ kind, answer }) => [kind, answer]));
}

describe('canaries', function () {
  this.timeout(30_000);
  before(function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s');
  });

  it('from the node are each seen by whom they should, and by no other', async () => {
    const { canaries, log } = await make('node', planOf('node'));
    for (const { kind, result, seen, expected } of canaries) {
      expect(result, kind).to.equal('pass');
      expect(seen, kind).to.deep.equal(expected);
    }
    for (const [kind, answer] of Object.entries(answersOf(canaries))) {
      expect(answer, kind).to.equal(
        kind.startsWith('dns-')
          ? 'NXDOMAIN'
          : kind.startsWith('packet')
            ? 'sent on eth0'
            : /multicast|tcp-device4/.test(kind) // on the link, where nobody has that address
              ? 'no answer'
              : 'network is unreachable',
      );
    }
    expect(log.of('fault')).to.deep.equal([]);
  });

  it('from a pod are each seen by whom they should, and by no other', async () => {
    for (const { kind, result, seen, expected } of (await make('pod', planOf('pod'))).canaries) {
      expect(result, kind).to.equal('pass');
      expect(seen, kind).to.deep.equal(expected);
    }
  });

  it('from a pod that was made just now wait until its address may be used', async () => {
    const plan = planOf('pod').filter(({ kind }) => kind.startsWith('udp-multicast'));
    const { canaries } = await make('pod', plan, { fresh: true });
    for (const { kind, result, answer } of canaries)
      expect({ kind, result, answer }).to.deep.equal({ kind, result: 'pass', answer: 'no answer' });
  });

  for (const [place, off] of [
    ['node', 'routes'],
    ['node', 'link'],
    ['node', 'dns'],
    ['pod', 'routes'],
    ['pod', 'cni'],
  ] as const) {
    it(`from a ${place} are missed where ${off} is off: exactly the kinds that it carries`, async () => {
      const plan = planOf(place);
      const { canaries } = await make(place, plan, { off });
      const carried = plan.filter(({ expect: by }) => by.includes(off)).map(({ kind }) => kind);
      expect(carried.length).to.be.greaterThan(2);
      expect(canaries.filter(({ result }) => result === 'fail').map(({ kind }) => kind)).to.deep.equal(
        carried,
      );
    });
  }

  it('that the kernel refuses are not available here, by its own word, and no others', async () => {
    const { canaries } = await make('node', planOf('node'), { pingGroups: '1 0' });
    expect(
      canaries
        .filter(({ result }) => result !== 'pass')
        .map(({ kind, result, answer }) => [kind, result, answer]),
    ).to.deep.equal([
      ['ping4', 'unavailable', 'permission denied'],
      ['ping6', 'unavailable', 'permission denied'],
    ]);
  });

  it('reach the witness as raw frames and by no other kind when the sink forwards', async () => {
    const plan = planOf('node');
    const { log } = await make('node', plan, { forwarding: true });
    const came = log.of('sighting').filter(({ observer }) => observer === 'witness');
    expect(
      plan
        .filter(({ to }) => came.some((one) => one.to.address === to.address && one.to.port === to.port))
        .map(({ kind }) => kind),
    ).to.deep.equal(['packet4', 'packet6']);
  });

  it('are made once each', async () => {
    const plan = planOf('node').filter(({ kind }) => !kind.startsWith('dns-'));
    const { log } = await make('node', plan);
    const counts = plan.map(({ kind, to }) => {
      const [observer] = kind.endsWith('multicast4') ? ['link'] : ['routes', 'link'];
      const all = log
        .of('sighting')
        .filter((one) => one.to.address === to.address && one.to.protocol === to.protocol)
        .filter((one) => to.protocol === 'other' || one.to.port === to.port);
      const by = all.filter((one) => one.observer === observer);
      return [kind, (by.length > 0 ? by : all).reduce((sum, { count }) => sum + count, 0)];
    });
    expect(counts).to.deep.equal(plan.map(({ kind }) => [kind, 1]));
  });
});
