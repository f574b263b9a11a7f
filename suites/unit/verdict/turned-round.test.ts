// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { LogBuilder } from './log-builder.ts';

const ENDPOINT = '203.0.113.9';
/** As Linux 6.18 looks the route up of a packet that kube-proxy's rules have given another destination on its way out. */
const AGAIN = { protocol: 'other', protocolNumber: 0, address: ENDPOINT } as const;
const AGENT = { task: 'n:3:0', from: { address: '10.99.0.1' } };

/** `program: protocol address:port xCOUNT, class` */
function told(log: LogBuilder): string[] {
  return log
    .attempts()
    .map(
      ({ source, protocol, destination: { address, port }, count, class: className }) =>
        `${source.process.exe}: ${protocol} ${address}:${port} x${count}, ${className}`,
    );
}

describe('what is turned round for a pod to a Service’s endpoint outside', () => {
  it('is one attempt of the pod, however long it goes on: its frames on the link have the ports that they had on the bridge', () => {
    const to = { protocol: 'tcp', address: ENDPOINT, port: 51_265 } as const;
    const log = new LogBuilder().pod('web', '10.42.0.5');
    for (const [at, port] of [
      [5, 4000],
      [7.1, 4001],
      [9.2, 4002],
    ] as const)
      log
        .saw('cni', at, to, { from: { address: '10.42.0.5', port } })
        .saw('link', at, to, { from: { address: '10.99.0.1', port } });
    expect(log.attempts().map(({ source }) => source.owner)).to.deep.equal(['Deployment/web']);
  });
});

describe('what is turned round on the node’s own network to a Service’s endpoint outside', () => {
  const log = (): LogBuilder => new LogBuilder().task('n:3:0', '/bin/agent');

  it('is an attempt by its address alone where there is no route: no packet will show more', () => {
    const attempts = log()
      .saw('routes', 5, AGAIN, { ...AGENT, err: -11 })
      .attempts();
    expect(told(log().saw('routes', 5, AGAIN, { ...AGENT, err: -11 }))).to.deep.equal([
      `/bin/agent: ip ${ENDPOINT}:null x1, unknown-address`,
    ]);
    expect(attempts[0]?.remedy).to.contain('endpoint of a Service');
  });

  it('is what the frame on the link says where there is one', () => {
    const routed = log()
      .saw('routes', 5, AGAIN, { ...AGENT, err: 0 })
      .saw(
        'link',
        5.1,
        { protocol: 'tcp', address: ENDPOINT, port: 5432 },
        { from: { address: '10.99.0.1', port: 4000 } },
      );
    expect(told(routed)).to.deep.equal([`/bin/agent: tcp ${ENDPOINT}:5432 x1, database`]);
    expect(told(log().saw('routes', 5, AGAIN, { ...AGENT, err: 0 }))).to.deep.equal([]);
  });

  it('is not what `ip route get` asks, which names no source', () => {
    expect(told(log().saw('routes', 5, AGAIN, { task: 'n:3:0', err: -11 }))).to.deep.equal([]);
  });
});
