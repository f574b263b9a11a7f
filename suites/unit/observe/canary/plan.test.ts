// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { CANARY_PLACES, type ObserverId } from '../../../../harness/core/events.ts';
import { answersIn, canaryArguments } from '../../../../harness/observe/canary/encode.ts';
import { canaryPod } from '../../../../harness/observe/canary/canary-pod.ts';
import type { Profile } from '../../../../harness/core/profile.ts';
import { planCanaries } from '../../../../harness/observe/canary/plan.ts';

const LINK = { sink4: '10.99.0.2/24', sink6: 'fd99::2/64' };
const STAGES = ['boot', 'start', 'end'] as const;

function expectations(place: (typeof CANARY_PLACES)[number]): Record<string, readonly ObserverId[]> {
  return Object.fromEntries(
    planCanaries({ place, stage: 'start', link: LINK }).map(({ kind, expect: by }) => [kind, by]),
  );
}

describe('the plan of canaries', () => {
  it('has every kind, and says who must see it, for a place on the node’s network', () => {
    for (const place of ['node', 'host-network-pod'] as const) {
      expect(expectations(place)).to.deep.equal({
        tcp4: ['routes'],
        tcp6: ['routes'],
        udp4: ['routes'],
        udp6: ['routes'],
        icmp4: ['routes'],
        icmp6: ['routes'],
        packet4: ['link'],
        packet6: ['link'],
        'dns-udp4': ['routes', 'link', 'dns'],
        'dns-tcp4': ['routes', 'link', 'dns'],
        'dns-udp6': ['routes', 'link', 'dns'],
        'dns-tcp6': ['routes', 'link', 'dns'],
      });
    }
  });

  it('has what an ordinary pod can do', () => {
    expect(expectations('pod')).to.deep.equal({
      tcp4: ['routes', 'cni'],
      tcp6: ['routes'],
      udp4: ['routes', 'cni'],
      udp6: ['routes'],
      icmp4: ['routes', 'cni'],
      icmp6: ['routes'],
      packet4: ['cni'],
      packet6: ['cni'],
      'dns-udp4': ['cni', 'dns'],
      'dns-tcp4': ['cni', 'dns'],
    });
  });

  it('with a default route what is sent is a packet on the link, and a promise says what it must meet', () => {
    const planned = (place: (typeof CANARY_PLACES)[number], profile: Profile): unknown[] =>
      planCanaries({ place, stage: 'start', link: LINK, profile })
        .filter(({ kind }) => /^(?:tcp|udp4|icmp4)/.test(kind))
        .map(({ kind, expect: by, promised }) => [kind, by, promised?.[0]]);
    expect(planned('node', 'trap')).to.deep.equal([
      ['tcp4', ['routes', 'link', 'sink'], 'connected'],
      ['tcp6', ['routes', 'link', 'sink'], 'connected'],
      ['udp4', ['routes', 'link'], 'no answer'],
      ['icmp4', ['routes', 'link'], undefined],
    ]);
    expect(planned('pod', 'reject')).to.deep.equal([
      ['tcp4', ['routes', 'cni', 'link'], 'connection refused'],
      ['tcp6', ['routes'], undefined],
      ['udp4', ['routes', 'cni', 'link'], 'connection refused'],
      ['icmp4', ['routes', 'cni', 'link'], undefined],
    ]);
    expect(planned('node', 'drop')[0]).to.deep.equal(['tcp4', ['routes', 'link'], 'no answer']);
  });

  it('never gives two canaries of a run one destination', () => {
    for (let round = 0; round < 50; round += 1) {
      const all = CANARY_PLACES.flatMap((place) =>
        STAGES.flatMap((stage) => planCanaries({ place, stage, link: LINK })),
      );
      const destinations = all.map(
        ({ to }) => `${to.protocol} ${to.name ?? `${to.address} ${to.port ?? ''}`}`,
      );
      expect(new Set(destinations).size).to.equal(all.length);
      expect(new Set(all.map(({ id }) => id)).size).to.equal(all.length);
    }
  });

  it('goes to documentation addresses and names that can never exist, and to the node’s own resolver', () => {
    for (const { kind, to } of planCanaries({ place: 'node', stage: 'boot', link: LINK })) {
      if (kind.startsWith('dns-')) {
        expect(to.address, kind).to.equal(kind.endsWith('4') ? '10.99.0.2' : 'fd99::2');
        expect(to.name, kind).to.match(/^c[0-9a-f]{16}\.canary\.test$/);
      } else {
        expect(to.address, kind).to.match(/^(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+$|^2001:db8:/);
      }
    }
  });

  it('is the same for the same random bytes', () => {
    const options = {
      place: 'pod',
      stage: 'end',
      link: LINK,
      random: (size: number) => Buffer.alloc(size),
    } as const;
    expect(planCanaries(options)).to.deep.equal(planCanaries(options));
  });
});

describe('making canaries', () => {
  const plan = planCanaries({ place: 'pod', stage: 'start', link: LINK });

  it('hands the agent all that it needs', () => {
    const [canary, flag, encoded = '', ...rest] = canaryArguments(plan, 1);
    expect([canary, flag, rest]).to.deep.equal(['canary', '--plan', []]);
    expect(canaryArguments(plan, 10).slice(3)).to.deep.equal(['--pace', '10']);
    expect(JSON.parse(Buffer.from(encoded, 'base64').toString())).to.deep.equal(
      plan.map(({ id, kind, to }) => ({ id, kind, to })),
    );
  });

  it('takes the agent’s answers out of whatever else was printed', () => {
    const output =
      '{"id":"a","answer":"network is unreachable"}\nwarning: x\n{"id":"b"}\n{"id":"c","answer":"sent"}\n';
    expect([...answersIn(output)]).to.deep.equal([
      ['a', 'network is unreachable'],
      ['c', 'sent'],
    ]);
  });

  it('runs them in a pod that pulls nothing, may only send raw packets, and stands on taints', () => {
    const pod = canaryPod({
      name: 'c',
      namespace: 'n',
      image: 'i:1',
      node: 'n1',
      hostNetwork: true,
      plan,
      pace: 1,
    });
    expect(pod.spec).to.deep.include({
      nodeName: 'n1',
      hostNetwork: true,
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
    });
    expect(pod.spec?.tolerations).to.deep.equal([{ operator: 'Exists' }]);
    expect(pod.spec?.containers[0]).to.deep.include({ image: 'i:1', imagePullPolicy: 'Never' });
    expect(pod.spec?.containers[0]?.securityContext?.capabilities).to.deep.equal({
      drop: ['ALL'],
      add: ['NET_RAW'],
    });
  });

  it('expect of no observer that the run does not have', () => {
    const available = ['link', 'cni', 'dns', 'witness'] as const;
    const blind = CANARY_PLACES.flatMap((place) =>
      planCanaries({ place, stage: 'start', link: LINK, available })
        .filter(({ expect: by }) => by.length === 0)
        .map(({ kind }) => `${place} ${kind}`),
    );
    expect(blind).to.deep.equal([
      ...['tcp4', 'tcp6', 'udp4', 'udp6', 'icmp4', 'icmp6'].map((kind) => `node ${kind}`),
      ...['tcp4', 'tcp6', 'udp4', 'udp6', 'icmp4', 'icmp6'].map((kind) => `host-network-pod ${kind}`),
      ...['tcp6', 'udp6', 'icmp6'].map((kind) => `pod ${kind}`),
    ]);
  });
});
