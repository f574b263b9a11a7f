// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { type GapObservation, judgeGap } from '../../../harness/gap/judge-gap.ts';
import { planNoRoute } from '../../../harness/gap/no-route.ts';
import { planGap } from '../../../harness/gap/plan-gap.ts';
import { type ObservedNetwork, parseNetwork } from '../../../harness/gap/observed-network.ts';

const LINKS = `[{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"]},{"ifindex":2,"ifname":"tunl0","flags":["NOARP"]},{"ifindex":3,"ifname":"eth0","flags":["BROADCAST","UP"],"linkinfo":{"info_kind":"veth","info_data":{}}}]`;
/** Answers of a node's namespace, as `ip -json` of iproute2 6.1 gives them. */
const NODE = `${LINKS}
;
[{"dst":"10.43.0.0/16","dev":"eth0","scope":"link","prefsrc":"10.99.0.1","flags":[]},{"dst":"10.99.0.0/24","dev":"eth0","protocol":"kernel","scope":"link","prefsrc":"10.99.0.1","flags":[]},{"type":"local","dst":"10.99.0.1","dev":"eth0","table":"local","protocol":"kernel","scope":"host","prefsrc":"10.99.0.1","flags":[]}]
;
[{"dst":"fd99::/64","dev":"eth0","protocol":"kernel","metric":256,"flags":[],"pref":"medium"},{"dst":"fe80::/64","dev":"eth0","protocol":"kernel","metric":256,"flags":[],"pref":"medium"},{"type":"multicast","dst":"ff00::/8","dev":"eth0","table":"local","protocol":"kernel","metric":256,"flags":[],"pref":"medium"}]
;
${LINKS}
;
1
;
1
`;

const bare = (...names: string[]): ObservedNetwork => ({
  routes: [],
  interfaces: names.map((name) => ({ name, up: true, kind: null })),
  forwarding4: false,
  forwarding6: false,
});

function read(text: string): ObservedNetwork {
  return parseNetwork(text) ?? expect.fail('its links changed while they were read');
}

const plan = planNoRoute();
const closed = {
  node: read(NODE),
  sink: bare('lo', 'node0', 'up0'),
  witness: bare('lo', 'eth0'),
  services: new Map<string, ObservedNetwork>(),
  sinkRules: [],
  resolvConf: '# comment\nnameserver 10.99.0.2\noptions ndots:1\n',
};
const failures = (observed: GapObservation, forwarding = false): string[] =>
  judgeGap({ plan, forwarding }, observed)
    .filter(({ result }) => result === 'fail')
    .map(({ id, found }) => `${id}: ${found}`);

describe('judging a gap', () => {
  it('the kernel’s answers are read whole', () => {
    expect(closed.node).to.deep.equal({
      routes: [
        { family: 4, dst: '10.43.0.0/16', dev: 'eth0', gateway: null, type: 'unicast' },
        { family: 4, dst: '10.99.0.0/24', dev: 'eth0', gateway: null, type: 'unicast' },
        { family: 4, dst: '10.99.0.1', dev: 'eth0', gateway: null, type: 'local' },
        { family: 6, dst: 'fd99::/64', dev: 'eth0', gateway: null, type: 'unicast' },
        { family: 6, dst: 'fe80::/64', dev: 'eth0', gateway: null, type: 'unicast' },
        { family: 6, dst: 'ff00::/8', dev: 'eth0', gateway: null, type: 'multicast' },
      ],
      interfaces: [
        { name: 'lo', up: true, kind: null },
        { name: 'tunl0', up: false, kind: null },
        { name: 'eth0', up: true, kind: 'veth' },
      ],
      forwarding4: true,
      forwarding6: true,
    });
  });

  it('a namespace without routes is one without routes', () => {
    const link = '[{"ifindex":1,"ifname":"lo","flags":[]}]';
    expect(read(`${link}\n;\n[]\n;\n;\n${link}\n;\n0\n;\n0\n`)).to.deep.equal({
      routes: [],
      interfaces: [{ name: 'lo', up: false, kind: null }],
      forwarding4: false,
      forwarding6: false,
    });
  });

  it('a route and its link are of one moment: a pod’s link that came or went meanwhile is asked for again', () => {
    const gone = NODE.replace('"ifname":"eth0"', '"ifname":"veth1"');
    const back = NODE.replace('"ifindex":3', '"ifindex":9');
    expect([gone, back].map(parseNetwork)).to.deep.equal([null, null]);
  });

  it('a closed gap passes; a tunnel device that is down is no way out', () => {
    expect(failures(closed)).to.deep.equal([]);
  });

  it('where a cluster runs already, its bridge leads to pods and nowhere else', () => {
    const route = { family: 4 as const, dev: 'cni0', gateway: null, type: 'unicast' };
    const look = (pods: readonly string[], extra: object, kind: string | null = 'bridge'): string[] =>
      failures({
        ...closed,
        pods,
        node: {
          ...closed.node,
          routes: [...closed.node.routes, { ...route, dst: '10.42.0.0/24', ...extra }],
          interfaces: [...closed.node.interfaces, { name: 'cni0', up: true, kind }],
        },
      });
    const pods = ['10.42.0.0/16', 'fd42::/48'];
    expect(look(pods, {})).to.deep.equal([]);
    expect(look(pods, { dst: '10.42.0.7' })).to.deep.equal([]);
    expect(look(pods, { family: 6, dst: 'fe80::/64' })).to.deep.equal([]);
    expect(look(pods, { family: 6, dst: 'fd42::/64' })).to.deep.equal([]);
    for (const wide of ['10.42.0.0/15', '10.0.0.0/8', '203.0.113.0/24', '10.43.0.0/24']) {
      expect(look(pods, { dst: wide }), wide).to.deep.equal([`node-routes: ${wide} dev cni0`]);
    }
    expect(look(pods, { gateway: '10.42.0.9' })).to.have.length(1);
    expect(look(pods, { dst: 'default' }).map((line) => line.split(':')[0])).to.deep.equal([
      'node-default-route-ipv4',
      'node-routes',
    ]);
    // A device that no software made, or any before a cluster runs.
    expect(look(pods, {}, null)).to.deep.equal([
      'node-routes: 10.42.0.0/24 dev cni0',
      'node-interfaces: cni0, eth0',
    ]);
    expect(look([], {})).to.have.length(2);
  });

  it('each opening is found by its own name', () => {
    const route = { family: 4 as const, dst: 'default', dev: 'eth0', gateway: '10.99.0.2', type: 'unicast' };
    const withRoute = (network: ObservedNetwork, extra: object): ObservedNetwork => ({
      ...network,
      routes: [...network.routes, { ...route, ...extra }],
    });
    const node = (extra: object): string[] => failures({ ...closed, node: withRoute(closed.node, extra) });
    expect(node({})).to.deep.equal([
      'node-default-route-ipv4: default via 10.99.0.2 dev eth0',
      'node-routes: default via 10.99.0.2 dev eth0',
    ]);
    expect(node({ family: 6, gateway: null })).to.deep.equal([
      'node-default-route-ipv6: default dev eth0',
      'node-routes: default dev eth0',
    ]);
    expect(node({ dst: '192.0.2.0/24', gateway: null })).to.deep.equal([
      'node-routes: 192.0.2.0/24 dev eth0',
    ]);
    expect(node({ type: 'unreachable' })).to.deep.equal([]);
    expect(failures({ ...closed, node: bare('lo', 'eth0', 'wlan0') })).to.deep.equal([
      'node-interfaces: eth0, wlan0',
    ]);
    expect(failures({ ...closed, node: bare('lo') })).to.deep.equal(['node-interfaces: none']);
    expect(failures({ ...closed, sink: bare('lo', 'node0', 'up0', 'eth9') })).to.deep.equal([
      'sink-interfaces: eth9, node0, up0',
    ]);
    expect(failures({ ...closed, witness: withRoute(closed.witness, {}) })).to.deep.equal([
      'witness-routes: default via 10.99.0.2 dev eth0',
    ]);
    expect(failures({ ...closed, resolvConf: '' })).to.deep.equal(['node-resolver: none']);
  });

  it('in a profile with default routes these are wanted, each leading to the sink, and the sink’s rules with them', () => {
    const routed = planGap('drop');
    const route = { dst: 'default', dev: 'eth0', type: 'unicast' };
    const look = (gateway4: string | null, gateway6: string, sinkRules: readonly string[]): string[] =>
      judgeGap(
        { plan: routed, forwarding: false },
        {
          ...closed,
          node: {
            ...closed.node,
            routes: [
              ...closed.node.routes,
              ...(gateway4 === null ? [] : [{ ...route, family: 4 as const, gateway: gateway4 }]),
              { ...route, family: 6 as const, gateway: gateway6 },
            ],
          },
          sinkRules,
        },
      )
        .filter(({ result }) => result === 'fail')
        .map(({ id, found }) => `${id}: ${found}`);
    expect(look('10.99.0.2', 'fd99::2', ['airgap: 8'])).to.deep.equal([]);
    expect(look(null, 'fd99::2', ['airgap: 8'])).to.deep.equal(['node-default-route-ipv4: none']);
    expect(look('10.99.0.9', 'fd99::2', ['airgap: 7'])).to.deep.equal([
      'node-default-route-ipv4: default via 10.99.0.9 dev eth0',
      'node-routes: default via 10.99.0.9 dev eth0',
      'sink-rules: airgap: 7',
    ]);
    expect(failures({ ...closed, sinkRules: ['nat: 1'] })).to.deep.equal(['sink-rules: nat: 1']);
  });

  it('with services the bridge and their links are no openings, and each of them must be a dead end', () => {
    const withServices = planNoRoute(undefined, [{ name: 'registry', address: '10.99.0.65' }]);
    const sink = bare('lo', 'node0', 'up0', 'site0', 'svc0');
    const judge = (registry: ObservedNetwork | null, seen = sink): string[] =>
      judgeGap(
        { plan: withServices, forwarding: false },
        { ...closed, sink: seen, services: new Map(registry === null ? [] : [['registry', registry]]) },
      )
        .filter(({ result }) => result === 'fail')
        .map(({ id, found }) => `${id}: ${found}`);
    const route = { family: 4 as const, dst: 'default', dev: 'eth0', gateway: '10.99.0.2', type: 'unicast' };
    expect(judge(bare('lo', 'eth0'))).to.deep.equal([]);
    expect(judge(null)).to.deep.equal(['service-registry: none']);
    expect(judge(bare('lo', 'eth0', 'eth1'))).to.deep.equal(['service-registry-interfaces: eth0, eth1']);
    expect(judge({ ...bare('lo', 'eth0'), routes: [route] })).to.deep.equal([
      'service-registry-routes: default via 10.99.0.2 dev eth0',
    ]);
    expect(judge({ ...bare('lo', 'eth0'), forwarding4: true })).to.deep.equal([
      'service-registry-forwarding: IPv4 forwarding',
    ]);
    expect(judge(bare('lo', 'eth0'), bare('lo', 'node0', 'up0', 'site0', 'svc0', 'svc1'))).to.deep.equal([
      'sink-interfaces: node0, site0, svc0, svc1, up0',
    ]);
  });

  it('a forwarding sink is found, unless it forwards deliberately: then it is for the witness to tell', () => {
    const open = { ...closed, sink: { ...closed.sink, forwarding4: true } };
    expect(failures(open)).to.deep.equal(['sink-forwarding: IPv4 forwarding']);
    expect(failures(open, true)).to.deep.equal([]);
  });
});
