// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { parseVersion } from '../../../harness/site/distribution.ts';
import { dropIns } from '../../../harness/site/drop-ins.ts';
import { serviceRouteLimit } from '../../../harness/site/service-route.ts';
import { planNoRoute } from '../../../harness/gap/no-route.ts';

describe('which Kubernetes runs', () => {
  it('K3s and its stand-in are told apart by their own words', () => {
    expect(parseVersion('k3s version v1.36.3+k3s1 (0123abcd)\ngo version go1.26.8\n')).to.deep.equal({
      name: 'k3s',
      version: 'v1.36.3+k3s1',
      standIn: false,
    });
    expect(
      parseVersion('k3s version v1.36.3+standin1 (k3s-compat stand-in; upstream Kubernetes v1.36.3)').standIn,
    ).to.equal(true);
  });

  it('another program is refused with what it said', () => {
    expect(() => parseVersion('GNU bash, version 5.2')).to.throw(
      'does not answer --version as K3s does: "GNU bash, version 5.2"',
    );
  });
});

describe('what the harness adds beside the bundle’s files', () => {
  const { link } = planNoRoute();
  const paths = (limits: { cgroupV1: boolean; sysResource: boolean }): string[] =>
    dropIns(link, 'n1', limits).map(({ path }) => path);

  it('only what the machine needs', () => {
    expect(paths({ cgroupV1: false, sysResource: true })).to.have.length(2);
    const all = dropIns(link, 'n1', { cgroupV1: true, sysResource: false });
    expect(all).to.have.length(3);
    expect(all[1]?.content).to.contain('failCgroupV1: false').and.to.contain('oomScoreAdj: 0');
    expect(dropIns(link, 'n1', { cgroupV1: false, sysResource: true })[1]?.content).not.to.contain(
      'failCgroupV1',
    );
  });

  it('a route for the Services, which is no file and so a limit that says what the site needs', () => {
    const [limit, ...more] = serviceRouteLimit(link);
    expect(limit?.id).to.equal('service-route');
    expect(limit?.message).to.contain('(10.43.0.0/16 dev eth0)');
    expect(more).to.deep.equal([]);
    expect(serviceRouteLimit({ ...link, nodeRoutes: [] })).to.deep.equal([]);
  });

  it('names the node’s address, without its prefix length, and never the bundle’s own config file', () => {
    const [config] = dropIns(link, 'n1', { cgroupV1: true, sysResource: true });
    expect(config?.content).to.contain('node-ip: 10.99.0.1\n');
    expect(paths({ cgroupV1: true, sysResource: false })).not.to.include('/etc/rancher/k3s/config.yaml');
  });
});
