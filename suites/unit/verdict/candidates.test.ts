// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { LogBuilder } from './log-builder.ts';

const TO = { protocol: 'udp', address: '203.0.113.9', port: 4711 } as const;

describe('a frame of which the kernel told no task', () => {
  it('from the node’s network names nobody and lists who it can be of', () => {
    const [attempt] = new LogBuilder()
      .pod('agent', '10.99.0.1', { hostNetwork: true, owner: { kind: 'DaemonSet', name: 'agent' } })
      .pod('web', '10.42.0.5')
      .pod('canary', '10.99.0.1', { hostNetwork: true, namespace: 'airgap-canary' })
      .saw('link', 3, TO, { from: { address: '10.99.0.1', port: 5000 } })
      .attempts();
    expect(attempt?.source).to.include({ owner: null, container: null });
    expect(attempt?.source.process.exe).to.equal(null);
    expect(attempt?.remedy).to.match(
      /can be of: shop\/DaemonSet\/agent, a process of the node itself, a privileged pod\. /,
    );
  });

  it('lists no pod that came later, and nobody where the pod is known', () => {
    const log = new LogBuilder()
      .pod('web', '10.42.0.5')
      .saw('link', 3, TO, { from: { address: '10.99.0.1', port: 5000 } })
      .saw('cni', 3, { ...TO, port: 4712 }, { from: { address: '10.42.0.5', port: 5000 } })
      .add(5, {
        type: 'pod',
        pod: { namespace: 'shop', name: 'late-0', uid: 'uid-late' },
        owner: { kind: 'DaemonSet', name: 'late' },
        ips: ['10.99.0.1'],
        hostNetwork: true,
        containers: [],
        labels: {},
      });
    const remedies = log
      .attempts()
      .map(({ source, remedy }) => [source.owner, /can be of: ([^.]*)/.exec(remedy)?.[1]]);
    expect(remedies).to.deep.equal([
      ['Deployment/web', undefined],
      [null, 'a process of the node itself, a privileged pod'],
    ]);
  });
});
