// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { readAssets } from '../../../harness/core/assets.ts';
import type { ObserverId } from '../../../harness/core/events.ts';
import { answersIn, canaryArguments } from '../../../harness/observe/canary/encode.ts';
import { type PlannedCanary, planCanaries } from '../../../harness/observe/canary/plan.ts';
import { startCapture } from '../../../harness/observe/capture/start-capture.ts';
import { startDns } from '../../../harness/observe/dns/start-dns.ts';
import { startRoutes } from '../../../harness/observe/routes/start-routes.ts';
import { needs, REPO_ROOT } from '../support/needs.ts';
import { type MemoryLog } from '../../support/memory-log.ts';
import { makeSite, type SiteOptions, startLauncher } from './support.ts';

const LINK = { sink4: '10.99.0.2/24', sink6: 'fd99::2/64' };

interface Outcome {
  readonly log: MemoryLog;
  readonly answers: ReadonlyMap<string, string>;
  /** By kind: the observers that saw it. */
  readonly seen: Readonly<Record<string, readonly ObserverId[]>>;
}

/** Makes a plan from a place of a bare site, with all observers that need no Kubernetes. */
async function make(
  place: 'node' | 'pod',
  plan: readonly PlannedCanary[],
  options?: SiteOptions,
): Promise<Outcome> {
  const { agent } = await readAssets(REPO_ROOT);
  await using site = await makeSite(options);
  await using launcher = await startLauncher(site.netns[place]);
  const { netns } = site;
  await using stack = new AsyncDisposableStack();
  const observers = await Promise.all([
    startCapture({ ...site.options, id: 'link', netns: netns.sink, device: 'node0' }),
    startCapture({ ...site.options, id: 'cni', netns: netns.node, device: 'cni0' }),
    startCapture({ ...site.options, id: 'witness', netns: netns.witness, device: 'eth0' }),
    startDns({ ...site.options, netns: netns.sink, addresses: ['10.99.0.2', 'fd99::2'] }),
    startRoutes({ ...site.options, label: site.label, launcherTid: launcher.tid }),
  ]);
  for (const observer of observers) stack.use(observer);
  launcher.go();
  const answers = answersIn(await launcher.run(`${agent} ${canaryArguments(plan, 1).join(' ')}`));
  for (const observer of observers) await observer.flush();
  const { log } = site;
  const seen = plan.map(({ kind, to }) => {
    const by = log
      .of('sighting')
      .filter((sighting) =>
        to.name === undefined
          ? sighting.to.address === to.address &&
            sighting.to.port === to.port &&
            sighting.to.protocol === to.protocol
          : sighting.to.name === to.name ||
            (sighting.to.address === to.address && sighting.to.protocol === to.question?.transport),
      )
      .map(({ observer }) => observer);
    return [kind, [...new Set(by)].toSorted()] as const;
  });
  return { log, answers, seen: Object.fromEntries(seen) };
}

function expected(plan: readonly PlannedCanary[]): Record<string, readonly ObserverId[]> {
  return Object.fromEntries(plan.map(({ kind, expect: by }) => [kind, by.toSorted()]));
}

describe('canaries', function () {
  this.timeout(30_000);
  before(function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s');
  });

  it('from the node are each seen by whom they should, and by no other', async () => {
    const plan = planCanaries({ place: 'node', stage: 'boot', link: LINK });
    const { seen, answers, log } = await make('node', plan);
    expect(seen).to.deep.equal(expected(plan));
    expect(Object.fromEntries(plan.map(({ id, kind }) => [kind, answers.get(id)]))).to.deep.equal({
      tcp4: 'network is unreachable',
      tcp6: 'network is unreachable',
      udp4: 'network is unreachable',
      udp6: 'network is unreachable',
      icmp4: 'network is unreachable',
      icmp6: 'network is unreachable',
      packet4: 'sent on eth0',
      packet6: 'sent on eth0',
      'dns-udp4': 'NXDOMAIN',
      'dns-tcp4': 'NXDOMAIN',
      'dns-udp6': 'NXDOMAIN',
      'dns-tcp6': 'NXDOMAIN',
    });
    expect(log.of('fault')).to.deep.equal([]);
  });

  it('from a pod are each seen by whom they should, and by no other', async () => {
    const plan = planCanaries({ place: 'pod', stage: 'start', link: LINK }).filter(
      ({ kind }) => !kind.startsWith('dns-'),
    );
    expect((await make('pod', plan)).seen).to.deep.equal(expected(plan));
  });

  it('reach the witness as raw frames when the sink forwards', async () => {
    const plan = planCanaries({ place: 'node', stage: 'boot', link: LINK });
    const { seen } = await make('node', plan, { forwarding: true });
    expect([seen['packet4'], seen['packet6']]).to.deep.equal([
      ['link', 'witness'],
      ['link', 'witness'],
    ]);
  });

  it('are made once each', async () => {
    const plan = planCanaries({ place: 'node', stage: 'end', link: LINK }).filter(
      ({ kind }) => !kind.startsWith('dns-'),
    );
    const { log } = await make('node', plan);
    const counts = plan.map(({ to }) =>
      log
        .of('sighting')
        .reduce((sum, { to: { address }, count }) => sum + (address === to.address ? count : 0), 0),
    );
    expect(counts).to.deep.equal(plan.map(() => 1));
  });
});
