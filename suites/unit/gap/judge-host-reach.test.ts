// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import {
  type HostReach,
  parseAbstract,
  parseListeners,
  parseRoutes,
} from '../../../harness/gap/host-reach.ts';
import { judgeHostReach } from '../../../harness/gap/judge-host-reach.ts';
import { planGap } from '../../../harness/gap/plan-gap.ts';
import type { Profile } from '../../../harness/core/profile.ts';

const CLOSED: HostReach = {
  addresses: [{ address: '198.51.100.9', device: null }],
  listeners: ['tcp 10.99.0.2:53', 'udp [fd99::2]:53'],
  variables: [],
  sockets: [],
  abstract: [],
};

const failures = (reach: Partial<HostReach>, profile: Profile = 'no-route'): string[] =>
  judgeHostReach(planGap(profile), { ...CLOSED, ...reach })
    .filter(({ result }) => result === 'fail')
    .map(({ id, found }) => `${id}: ${found}`);

describe('what a node reaches of this machine', () => {
  it('is nothing where the gap is closed', () => {
    expect(failures({})).to.deep.equal([]);
    expect(judgeHostReach(planGap('no-route'), CLOSED).map(({ id }) => id)).to.deep.equal([
      'host-addresses',
      'gateway-services',
      'proxy-variables',
      'host-sockets',
      'abstract-sockets',
    ]);
  });

  it('is told by the way that is open', () => {
    expect(failures({ addresses: [{ address: '198.51.100.9', device: 'docker0' }] })).to.deep.equal([
      'host-addresses: 198.51.100.9 dev docker0',
    ]);
    expect(failures({ listeners: [...CLOSED.listeners, 'tcp 0.0.0.0:22'] })).to.deep.equal([
      'gateway-services: tcp 0.0.0.0:22',
    ]);
    expect(failures({ variables: ['HTTPS_PROXY'] })).to.deep.equal(['proxy-variables: HTTPS_PROXY']);
    expect(failures({ sockets: ['/run/docker.sock'] })).to.deep.equal(['host-sockets: /run/docker.sock']);
    expect(failures({ abstract: ['@/tmp/.X11-unix/X0'] })).to.deep.equal([
      'abstract-sockets: @/tmp/.X11-unix/X0',
    ]);
  });

  it('is what the profile promises, and no more', () => {
    const trap = ['tcp *:9998', 'udp 10.99.0.2:53'];
    expect(failures({ listeners: trap }, 'trap')).to.deep.equal([]);
    expect(failures({ listeners: trap }, 'drop')).to.deep.equal(['gateway-services: tcp *:9998']);
    expect(failures({ variables: ['http_proxy'] }, 'proxy')).to.deep.equal([]);
    // A way that ends in the sink.
    const addresses = [{ address: '198.51.100.9', device: planGap('drop').link.nodeInterface }];
    expect(failures({ addresses }, 'drop')).to.deep.equal([]);
  });

  it('is read from what the programs say', () => {
    const routes =
      '198.51.100.9 \n198.51.100.7 [{"dst":"198.51.100.7","gateway":"10.99.0.2","dev":"eth0","prefsrc":"10.99.0.1"}]\n2001:db8::1 [{"type":"unreachable","dst":"2001:db8::1","dev":"lo"}]\n';
    expect(parseRoutes(routes)).to.deep.equal([
      { address: '198.51.100.9', device: null },
      { address: '198.51.100.7', device: 'eth0' },
      { address: '2001:db8::1', device: null },
    ]);
    const listening =
      'udp   UNCONN 0      0          10.99.0.2:53   0.0.0.0:*\ntcp   LISTEN 0      511      [fd99::2]:53      [::]:*\n';
    expect(parseListeners(listening)).to.deep.equal(['tcp [fd99::2]:53', 'udp 10.99.0.2:53']);
    const unix =
      'Num       RefCount Protocol Flags    Type St Inode Path\n0000: 00000002 00000000 00010000 0001 01 22411 /run/a.sock\n0000: 00000002 00000000 00010000 0001 01 22412 @/tmp/x\n0000: 00000003 00000000 00000000 0001 03 22413\n';
    expect(parseAbstract(unix)).to.deep.equal(['@/tmp/x']);
  });
});
