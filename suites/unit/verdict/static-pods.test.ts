// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { containerIdOf, LogBuilder } from './log-builder.ts';

const STATIC = 'a5'.repeat(16);
const TO = { protocol: 'tcp', address: '203.0.113.9', port: 4711 } as const;

describe('static pods', () => {
  it('have two uids, and their look-ups and frames are one attempt', () => {
    const mirror = { namespace: 'shop', name: 'proxy-n1', uid: 'uid-of-the-mirror' };
    const container = { name: 'app', image: 'a.example/proxy:1', kind: 'container' } as const;
    const log = new LogBuilder()
      .add(0, {
        type: 'pod',
        pod: mirror,
        staticUid: STATIC,
        owner: { kind: 'Pod', name: 'proxy-n1' },
        ips: ['10.42.0.5'],
        hostNetwork: false,
        containers: [container],
        labels: {},
      })
      .add(0, {
        type: 'container',
        id: containerIdOf('proxy'),
        name: 'app',
        pod: { ...mirror, uid: STATIC },
        image: 'a.example/proxy:1',
        sandbox: false,
      })
      .task('n:1:0', '/proxy', { container: containerIdOf('proxy'), podUid: STATIC })
      .saw('routes', 3, TO, { task: 'n:1:0' })
      .saw('cni', 30, TO, { from: { address: '10.42.0.5', port: 40_000 } });
    const attempts = log.attempts();
    expect(attempts.map(({ source, class: name }) => [source.owner, source.container, name])).to.deep.equal([
      ['Pod/proxy-n1', 'app', 'unknown-address'],
    ]);
  });
});
