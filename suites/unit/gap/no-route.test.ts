// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { planNoRoute, withForwarding } from '../../../harness/gap/no-route.ts';

const FORWARDING = [
  'net/ipv4/ip_forward',
  'net/ipv4/conf/default/forwarding',
  'net/ipv6/conf/all/forwarding',
  'net/ipv6/conf/default/forwarding',
];

describe('plan of the gap, profile no-route', () => {
  it('the node’s link names no default route, of either family', () => {
    const { nodeRoutes } = planNoRoute().link;
    expect(nodeRoutes).to.deep.equal(['10.43.0.0/16 src 10.99.0.1']);
  });

  it('sink and witness forward nothing, by either family', () => {
    const { sink, witness } = planNoRoute();
    expect(FORWARDING.map((name) => [sink.sysctls[name], witness.sysctls[name]])).to.deep.equal([
      ['0', '0'],
      ['0', '0'],
      ['0', '0'],
      ['0', '0'],
    ]);
  });

  it('with the deliberate fault the sink alone forwards, and nothing else differs', () => {
    const plan = planNoRoute();
    const open = withForwarding(plan);
    expect(FORWARDING.map((name) => open.sink.sysctls[name])).to.deep.equal(['1', '1', '1', '1']);
    expect({ ...open, sink: null }).to.deep.equal({ ...plan, sink: null });
    expect(open.sink.ip).to.deep.equal(plan.sink.ip);
  });

  it('the sink’s default routes lead to the witness, which has none', () => {
    const { sink, witness } = planNoRoute();
    expect(sink.ip.filter((line) => line.startsWith('route'))).to.deep.equal([
      'route add default via 10.98.0.2 dev up0',
      'route add ::/0 via fd98::2 dev up0',
    ]);
    expect(witness.ip.filter((line) => line.startsWith('route'))).to.deep.equal([]);
  });
});
