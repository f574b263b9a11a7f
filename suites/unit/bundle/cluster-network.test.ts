// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { z } from 'zod';
import { clusterNetwork } from '../../../harness/bundle/cluster-network.ts';
import { parseConfig } from '../../../harness/core/config-file.ts';
import type { ClusterNetwork } from '../../../harness/core/cluster-network.ts';

function networkOf(yaml: string): ClusterNetwork {
  return clusterNetwork(
    'config.yaml',
    parseConfig('config.yaml', yaml, z.record(z.string(), z.unknown()), 'bundle'),
  );
}

describe('a cluster’s network in K3s’s config.yaml', () => {
  it('is K3s’s own when the file says nothing of it', () => {
    expect(networkOf('node-label: [a=b]')).to.deep.equal({
      pods: ['10.42.0.0/16'],
      services: ['10.43.0.0/16'],
      clusterDomain: 'cluster.local',
    });
  });

  it('is read as K3s reads it: a list, or one text with commas', () => {
    expect(
      networkOf(
        'cluster-cidr: "172.20.0.0/16, fd00:42::/56"\nservice-cidr: [172.21.0.0/16]\ncluster-domain: kube.corp',
      ),
    ).to.deep.equal({
      pods: ['172.20.0.0/16', 'fd00:42::/56'],
      services: ['172.21.0.0/16'],
      clusterDomain: 'kube.corp',
    });
  });

  for (const [range, said] of [
    ['0.0.0.0/0', /config\.yaml:2:15: cluster-cidr: "0\.0\.0\.0\/0" is not private/],
    ['8.8.8.0/24', /"8\.8\.8\.0\/24" is not private/],
    ['10.0.0.0/7', /"10\.0\.0\.0\/7" is not private/],
    ['2000::/3', /"2000::\/3" is not private/],
    ['10.0.0.0/8', /"10\.0\.0\.0\/8" overlaps 10\.98\.0\.0\/15/],
    ['10.99.0.0/24', /"10\.99\.0\.0\/24" overlaps 10\.98\.0\.0\/15/],
    ['10.42.0.0', /"10\.42\.0\.0" is no address range/],
    ['10.42.0.0/33', /"10\.42\.0\.0\/33" is no address range/],
    ['pods', /"pods" is no address range/],
  ] as const) {
    it(`refuses ${range}: with it an attempt could pass for inside`, () => {
      expect(() => networkOf(`node-name: n1\ncluster-cidr: ${range}`)).to.throw(said);
    });
  }
});
