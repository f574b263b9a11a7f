// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { verifyGap } from '../../../harness/gap/verify-gap.ts';
import { openEngine } from '../../../harness/providers/container/engine.ts';
import { sh } from '../providers/fixture.ts';
import { needs } from '../support/needs.ts';
import { bootContainerSite } from './fixture.ts';

describe('a Docker network is no gap', () => {
  before(function () {
    needs(this, 'root', 'netns', 'k3s', 'container');
  });

  it('a node on a network made with --internal is refused: it has an interface and a route to the host', async () => {
    const { docker } = await openEngine();
    const name = `airgap-test-${randomBytes(3).toString('hex')}`;
    const network = await docker.createNetwork({
      Name: name,
      Internal: true,
      IPAM: { Driver: 'default', Config: [{ Subnet: '198.51.100.0/28' }] },
    });
    try {
      await using site = await bootContainerSite({ network: name, nodeInterface: 'link0' });
      const error = await verifyGap(site.node, site.gap).then(() => 'not refused', String);
      expect(error).to.include('the gap of node "n1" is not closed');
      expect(error).to.include('the node has no interface but its link (found: ');
      expect(error).to.include('198.51.100.0/28');
      // No matter of form: there is a way to the bridge's address, which is this machine's (Docker: its services answer there).
      const connect =
        'socket(S,PF_INET,SOCK_STREAM,0); connect(S, pack_sockaddr_in(1, inet_aton("198.51.100.1"))) or print "$!"';
      expect(await sh(site.node, `perl -MSocket -e '${connect}'`)).to.be.oneOf([
        'Connection refused', // Docker
        'No route to host', // Podman: frames went out, nobody answered
      ]);
    } finally {
      await network.remove();
    }
  });
});
