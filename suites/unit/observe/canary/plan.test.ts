// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { CANARY_PLACES } from '../../../../harness/core/events.ts';
import { answersIn, canaryArguments } from '../../../../harness/observe/canary/encode.ts';
import { canaryPod } from '../../../../harness/observe/canary/canary-pod.ts';
import type { Profile } from '../../../../harness/core/profile.ts';
import { planCanaries } from '../../../../harness/observe/canary/plan.ts';

const LINK = { sink4: '10.99.0.2/24', sink6: 'fd99::2/64' };
const RESTARTS = Array.from({ length: 11 }, (_, index) => `restart-${index + 1}` as const);
const STAGES = ['boot', 'start', ...RESTARTS, 'end'] as const;

/** Kinds by who must see them, as `routes+cni`. */
function expectations(place: (typeof CANARY_PLACES)[number]): Record<string, string[]> {
  const groups = Map.groupBy(planCanaries({ place, stage: 'start', link: LINK }), ({ expect: by }) =>
    by.join('+'),
  );
  return Object.fromEntries([...groups].map(([by, all]) => [by, all.map(({ kind }) => kind)]));
}

const IPV4_LOOKED_UP = [
  'tcp4',
  'tcp-nonblocking4',
  'tcp-fastopen4',
  'tcp-mptcp4',
  'tcp-mapped4',
  'tcp-device4',
  'tcp-32bit4',
  'tcp-uring4',
  'tcp-sqpoll4',
  'udp4',
  'udp-sendto4',
  'udp-sendmsg4',
  'udp-sendmmsg4',
  'udp-uring4',
  'udp-sqpoll4',
  'icmp4',
  'ping4',
  'header4',
];
const IPV6_LOOKED_UP = IPV4_LOOKED_UP.filter((kind) => kind !== 'tcp-mapped4').map((kind) =>
  kind.replace('4', '6'),
);

describe('the plan of canaries', () => {
  it('has every kind, and says who must see it, for a place on the node’s network', () => {
    for (const place of ['node', 'host-network-pod'] as const) {
      const { routes = [], ...rest } = expectations(place);
      expect(routes).to.have.members([...IPV4_LOOKED_UP, ...IPV6_LOOKED_UP]);
      expect(rest).to.deep.equal({
        'routes+link': ['udp-multicast4'],
        link: ['udp-multicast6', 'packet4', 'packet6'],
        'routes+link+dns': ['dns-udp4', 'dns-tcp4', 'dns-udp6', 'dns-tcp6'],
      });
    }
  });

  it('has what an ordinary pod can do', () => {
    expect(expectations('pod')).to.deep.equal({
      'routes+cni': [...IPV4_LOOKED_UP.slice(0, 15), 'udp-multicast4', ...IPV4_LOOKED_UP.slice(15)],
      routes: IPV6_LOOKED_UP,
      cni: ['udp-multicast6', 'packet4', 'packet6'],
      'cni+dns': ['dns-udp4', 'dns-tcp4'],
    });
  });

  it('with a default route what is sent is a packet on the link, and a promise says what it must meet', () => {
    const planned = (place: (typeof CANARY_PLACES)[number], profile: Profile): unknown[] =>
      planCanaries({ place, stage: 'start', link: LINK, profile })
        .filter(({ kind }) => /^(?:tcp[46]|tcp-sqpoll4|udp4|udp-multicast4|icmp4|header4)/.test(kind))
        .map(({ kind, expect: by, promised }) => [kind, by.join('+'), promised?.[0]]);
    expect(planned('node', 'trap')).to.deep.equal([
      ['tcp4', 'routes+link+sink', 'connected'],
      ['tcp6', 'routes+link+sink', 'connected'],
      ['tcp-sqpoll4', 'routes+link+sink', 'connected'],
      ['udp4', 'routes+link', 'no answer'],
      ['udp-multicast4', 'routes+link', 'no answer'],
      ['icmp4', 'routes+link', undefined],
      ['header4', 'routes+link', undefined],
    ]);
    expect(planned('pod', 'reject')).to.deep.equal([
      ['tcp4', 'routes+cni+link', 'connection refused'],
      ['tcp6', 'routes', undefined],
      ['tcp-sqpoll4', 'routes+cni+link', 'connection refused'],
      ['udp4', 'routes+cni+link', 'connection refused'],
      ['udp-multicast4', 'routes+cni', 'no answer'],
      ['icmp4', 'routes+cni+link', undefined],
      ['header4', 'routes+cni+link', undefined],
    ]);
    expect(planned('node', 'drop')[0]).to.deep.equal(['tcp4', 'routes+link', 'no answer']);
  });

  it('lets only those kinds be missing that a kernel or a place may not have', () => {
    const must = planCanaries({ place: 'pod', stage: 'start', link: LINK, profile: 'proxy' })
      .filter(({ optional }) => optional !== true)
      .map(({ kind }) => kind);
    const tcp = ['tcp4', 'tcp6', 'tcp-nonblocking4', 'tcp-nonblocking6', 'tcp-mapped4'];
    const udp = ['', '-sendto', '-sendmsg', '-sendmmsg', '-multicast'];
    expect(must).to.deep.equal([
      ...tcp,
      ...udp.flatMap((way) => [`udp${way}4`, `udp${way}6`]),
      'dns-udp4',
      'dns-tcp4',
      'proxy',
    ]);
  });

  it('tells an own header’s look-up, which knows no port, from the datagram that it is', () => {
    const [header] = planCanaries({ place: 'node', stage: 'start', link: LINK }).filter(
      ({ kind }) => kind === 'header4',
    );
    expect(header?.to).to.deep.include({ protocol: 'other', protocolNumber: 255 });
    expect(header?.to.port).to.be.a('number');
  });

  it('ends at a twelfth restart rather than give an address twice', () => {
    expect(() => planCanaries({ place: 'node', stage: 'restart-12', link: LINK })).to.throw('11 restarts');
  });

  it('never gives two canaries of a run one destination', () => {
    for (let round = 0; round < 20; round += 1) {
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
        expect(to.address, kind).to.match(
          kind.startsWith('udp-multicast')
            ? /^239\.192\.|^ff08:/
            : /^(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+$|^2001:db8:/,
        );
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
      '{"id":"a","answer":"network is unreachable"}\nwarning: x\n{"id":"b"}\n{"id":"c","answer":"permission denied","unavailable":true}\n';
    expect([...answersIn(output)]).to.deep.equal([
      ['a', { answer: 'network is unreachable' }],
      ['c', { answer: 'permission denied', unavailable: true }],
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
    const all = [...IPV4_LOOKED_UP, ...IPV6_LOOKED_UP];
    expect(blind).to.have.members([
      ...all.map((kind) => `node ${kind}`),
      ...all.map((kind) => `host-network-pod ${kind}`),
      ...IPV6_LOOKED_UP.map((kind) => `pod ${kind}`),
    ]);
  });
});
