// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Destination } from '../../../harness/core/events.ts';
import { isRouted, PROFILES, type Profile } from '../../../harness/core/profile.ts';
import { PROXY } from '../../../harness/core/proxy.ts';
import { type PlannedCanary, planCanaries } from '../../../harness/observe/canary/plan.ts';
import { planDiode, runDiode } from '../../../harness/observe/canary/diode.ts';
import { hostRunner, runOrThrow } from '../../../harness/core/runner.ts';
import { needs, REPO_ROOT } from '../support/needs.ts';
import { type BareSite, openBareSite, type Try } from './bare-site.ts';
import { framesDuring, sendFrame } from './frames.ts';

const OUTSIDE4 = '198.51.100.7';
const OUTSIDE6 = '2001:db8::7';
/** Senders that are not of the site. */
const STRANGERS = { 4: '192.0.2.66', 6: '2001:db8::66' } as const;
/** The rows of the tables, as tries. */
const ROWS: Readonly<Record<string, Try>> = {
  'TCP, IPv4': { kind: 'tcp', address: OUTSIDE4, port: 443 },
  'TCP, IPv6': { kind: 'tcp', address: OUTSIDE6, port: 443 },
  'UDP, IPv4': { kind: 'udp', address: OUTSIDE4, port: 123 },
  'UDP, IPv6': { kind: 'udp', address: OUTSIDE6, port: 123 },
  'a name': { kind: 'name', address: 'updates.vendor.example', port: 53 },
};
const BY_PROXY: Readonly<Record<string, Try>> = {
  'by the proxy': { kind: 'tcp', address: PROXY.address, port: PROXY.port },
};

/** What docs/profiles.md says that an application in the node, and one in a pod, meets; by row. */
function promisedBy(profile: Profile): Map<string, { readonly node: string; readonly pod: string }> {
  const docs = readFileSync(join(REPO_ROOT, 'docs/profiles.md'), 'utf8');
  const section = docs.split(`\n### ${profile}\n`)[1]?.split(/^#/m)[0] ?? '';
  const lines = section.split('\n').filter((line) => /^\| (?!application)/.test(line));
  return new Map(
    lines.map((line) => {
      const [, row = '', node, pod] = line.split('|').map((part) => part.trim());
      return [row, { node: quoted(node), pod: quoted(pod) }];
    }),
  );
}

function quoted(text = ''): string {
  return /`(.+)`/.exec(text)?.[1] ?? '';
}

interface PlannedPlace {
  readonly place: 'node' | 'pod';
  readonly plan: readonly PlannedCanary[];
}

/** The canaries of a node, and of a pod, which has no cluster DNS here. */
function planned({ gap: { link } }: BareSite, profile: Profile): PlannedPlace[] {
  return (['node', 'pod'] as const).map((place) => ({
    place,
    plan: planCanaries({ place, stage: 'start', link, profile }).filter(
      ({ kind }) => place === 'node' || !kind.startsWith('dns-'),
    ),
  }));
}

/** Makes them; each that met something else than it should, with what it met. */
async function brokenPromises(site: BareSite, places: readonly PlannedPlace[]): Promise<string[]> {
  const all = await Promise.all(
    places.map(async ({ place, plan }) => {
      const met = await site.canariesMeet(place, plan);
      return plan.flatMap(({ id, promised }) => {
        const answer = met.get(id)?.answer ?? 'nothing';
        return promised === undefined || promised.includes(answer) ? [] : [`${id}: ${answer}`];
      });
    }),
  );
  return all.flat();
}

function placeOf({ protocol, name, address, port }: Destination): string {
  return `${protocol} ${name ?? address ?? ''} ${port ?? ''}`;
}

describe('what an application sees', function profiles() {
  this.timeout(60_000);
  before(function () {
    needs(this, 'root', 'netns');
  });

  for (const profile of PROFILES) {
    it(`in profile ${profile} is what docs/profiles.md says, and the witness sees nothing`, async () => {
      const promised = promisedBy(profile);
      const rows = profile === 'proxy' ? { ...ROWS, ...BY_PROXY } : ROWS;
      expect([...promised.keys()]).to.deep.equal(Object.keys(rows));
      await using site = await openBareSite(profile);
      const { netns, link } = site.gap;
      const frames = await framesDuring(
        netns.witness,
        link.witnessInterface,
        async () => {
          const node = { netns: site.netns.node, device: link.nodeInterface };
          const sink = { netns: netns.sink, device: link.sinkInterface };
          for (const family of [4, 6] as const) await sendFrame(node, sink, family, STRANGERS[family]);
          const [inNode, inPod] = await Promise.all(
            (['node', 'pod'] as const).map(
              async (place) => await site.applicationMeets(place, Object.values(rows)),
            ),
          );
          for (const [index, row] of Object.keys(rows).entries()) {
            for (const [place, met] of [
              ['node', inNode?.[index]],
              ['pod', inPod?.[index]],
            ] as const) {
              const wanted = promised.get(row)?.[place];
              expect(met, `${row} in the ${place}`).to.equal(wanted);
            }
          }
        },
        300,
      );
      expect(frames).to.deep.equal([]);
    });
  }

  for (const profile of PROFILES) {
    it(`in profile ${profile} every kind of canary meets what is promised, and the witness sees nothing`, async () => {
      await using site = await openBareSite(profile);
      const { netns, link } = site.gap;
      const plans = planned(site, profile);
      const promised = plans.flatMap(({ plan }) => plan.filter((canary) => canary.promised !== undefined));
      expect(promised.length).to.be.greaterThan(isRouted(profile) ? 20 : 3);
      const frames = await framesDuring(
        netns.witness,
        link.witnessInterface,
        async () => void expect(await brokenPromises(site, plans)).to.deep.equal([]),
        300,
      );
      expect(frames).to.deep.equal([]);
      await site.flush();
      const heard = new Set(
        site.log.of('sighting').flatMap(({ observer, to }) => (observer === 'sink' ? [placeOf(to)] : [])),
      );
      const all = plans.flatMap(({ plan }) => plan);
      expect(all.filter(({ to }) => heard.has(placeOf(to))).map(({ id }) => id)).to.deep.equal(
        all.filter(({ expect: by }) => by.includes('sink')).map(({ id }) => id),
      );
    });
  }

  it('a sink that answers otherwise than its profile promises is noticed by every kind that has a promise', async () => {
    await using site = await openBareSite('reject');
    const plans = planned(site, 'drop');
    const broken = await brokenPromises(site, plans);
    const promised = plans
      .flatMap(({ plan }) => plan)
      .filter((canary) => canary.promised !== undefined && !canary.kind.startsWith('udp-multicast'));
    expect(broken).to.deep.equal(promised.map(({ id }) => `${id}: connection refused`));
  });

  it('with the sink forwarding on purpose, a connection reaches the witness in every profile with a route', async () => {
    await using site = await openBareSite('drop', { forwarding: true });
    const { netns, link } = site.gap;
    const frames = await framesDuring(
      netns.witness,
      link.witnessInterface,
      async () => void (await site.applicationMeets('node', Object.values(ROWS).slice(0, 2))),
      300,
    );
    for (const address of [OUTSIDE4, OUTSIDE6])
      expect(
        frames.some((line) => line.includes(`> ${address}.443: Flags [S]`)),
        frames.join('\n'),
      ).to.equal(true);
  });

  it('in registry-only the registry answers on its link, and the witness sees nothing', async () => {
    const address = '10.99.0.65';
    await using site = await openBareSite('registry-only', { services: [{ name: 'registry', address }] });
    const netns = site.gap.netns.services.get('registry') ?? '';
    const program = `require('node:net').createServer((s) => s.end('HTTP/1.1 200 OK\\r\\n')).listen(5000, '${address}', () => console.log('up'))`;
    await using registry = hostRunner.spawn([process.execPath, '-e', program], { netns });
    await once(registry.stdout, 'data');
    const tries: Try[] = [address, OUTSIDE4].map((to) => ({ kind: 'tcp', address: to, port: 5000 }));
    for (const place of ['node', 'pod'] as const)
      expect(await site.applicationMeets(place, tries), place).to.deep.equal([
        'connected, then HTTP/1.1 200 OK',
        'EHOSTUNREACH',
      ]);
  });

  it('in trap and proxy the sink says who came, where to, and what for', async () => {
    // With a service: the node's packets arrive on the site's bridge then.
    const services = [{ name: 'registry', address: '10.99.0.65' }];
    const heard = async (profile: Profile, tries: readonly Try[]): Promise<unknown[]> => {
      await using site = await openBareSite(profile, { services });
      await site.applicationMeets('pod', tries);
      await site.flush();
      return site.log
        .of('sighting')
        .filter(({ observer }) => observer === 'sink')
        .map(({ from, to }) => [from.address, to.name ?? to.address, to.port, to.host, to.path]);
    };
    expect(await heard('trap', [{ kind: 'tcp', address: OUTSIDE4, port: 8080 }])).to.deep.equal([
      ['10.99.0.1', OUTSIDE4, 8080, 'updates.vendor.example', '/v1/latest'],
    ]);
    expect(await heard('proxy', Object.values(BY_PROXY))).to.deep.equal([
      ['10.99.0.1', 'updates.vendor.example', 80, undefined, '/v1/latest'],
    ]);
  });

  it('in a trap any DNS server answers, of both families, and elsewhere none does', async () => {
    const tries: Try[] = ['198.51.100.53', '[2001:db8::53]'].map((server) => ({
      kind: 'name',
      address: 'updates.vendor.example',
      port: 53,
      server,
    }));
    await using trap = await openBareSite('trap');
    const given = '198.18.0.1, 2001:2::1';
    expect(await trap.applicationMeets('node', tries)).to.deep.equal([given, given]);
    await using drop = await openBareSite('drop');
    const silence = 'ETIMEOUT, ETIMEOUT';
    expect(await drop.applicationMeets('node', tries)).to.deep.equal([silence, silence]);
  });

  it('in a diode packets come in, and no answer goes out; without the sink’s rules it does', async () => {
    await using site = await openBareSite('diode');
    const { vantage, netns, link } = site.gap;
    const answersOf = async (stage: 'start' | 'end'): Promise<unknown[]> => {
      await runDiode(planDiode(stage, link), { log: site.log, node: 'n1', vantage, netns: netns.sink });
      return site.log.of('canary-answer').map(({ id, answer }) => [id, answer]);
    };
    const frames = await framesDuring(
      netns.sink,
      link.sinkInterface,
      async () => {
        expect(await answersOf('start')).to.deep.equal([
          ['start-node-in4', 'nothing came back'],
          ['start-node-in6', 'nothing came back'],
        ]);
      },
      100,
    );
    const refusals = frames.filter((line) => line.includes('unreachable'));
    expect(
      refusals.map((line) => / > ([\d.a-f:]+[\da-f]): /.exec(line)?.[1]),
      frames.join('\n'),
    ).to.deep.equal(['192.0.2.253', '2001:db8::fd']);
    await runOrThrow(hostRunner, ['nsenter', `--net=${netns.sink}`, 'nft', 'flush', 'ruleset']);
    expect((await answersOf('end')).slice(2)).to.deep.equal([
      ['end-node-in4', 'an answer came back'],
      ['end-node-in6', 'an answer came back'],
    ]);
  });
});
