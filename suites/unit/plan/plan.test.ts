// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { builtinChecks } from '../../../harness/checks/builtin-checks.ts';
import { withReboot } from '../../../harness/checks/reboot-checks.ts';
import type { Check } from '../../../harness/core/cluster.ts';
import { EMPTY_GATE } from '../../../harness/core/gate.ts';
import { makePlan } from '../../../harness/plan/plan.ts';
import { EMPTY_BUNDLE } from '../../support/empty-bundle.ts';

const OPTIONS = { quietMs: 15_000, settleTimeoutMs: 120_000, memoryMiB: 4096 };

function ownCheck(id: string): Check {
  return { id, title: id, phase: 'exercise', run: () => Promise.reject(new Error('never run')) };
}

describe('makePlan', () => {
  it('takes for inside what the bundle’s own K3s calls its own', () => {
    const network = { pods: ['172.20.0.0/16'], services: ['172.21.0.0/16'], clusterDomain: 'kube.corp' };
    const bundle = { ...EMPTY_BUNDLE, kubernetes: { ...EMPTY_BUNDLE.kubernetes, network } };
    expect(makePlan(bundle, EMPTY_GATE, builtinChecks, OPTIONS).inside).to.deep.equal({
      node: ['10.99.0.0/24', 'fd99::/64'],
      resolvers: ['10.99.0.2', 'fd99::2'],
      ...network,
    });
  });

  it('requires every check, and gives the node the memory that the bundle needs', () => {
    const plan = makePlan(
      { ...EMPTY_BUNDLE, requirements: { ...EMPTY_BUNDLE.requirements, memoryMiB: 6000 } },
      EMPTY_GATE,
      [...builtinChecks, ownCheck('front-page')],
      OPTIONS,
    );
    expect(plan.checks.map(({ id }) => id)).to.deep.equal([
      ...builtinChecks.map(({ id }) => id),
      'front-page',
    ]);
    expect(plan.checks.every(({ required }) => required)).to.equal(true);
    expect(plan.node.memoryMiB).to.equal(6000);
  });

  it('has the phase reboot where a check is asked in it', () => {
    const phases = (checks: readonly Check[]): readonly string[] =>
      makePlan(EMPTY_BUNDLE, EMPTY_GATE, checks, OPTIONS).phases;
    const rest = ['inspect', 'provision', 'prove', 'install', 'settle', 'exercise', 'restart'];
    expect(phases(builtinChecks)).to.deep.equal([...rest, 'teardown']);
    expect(phases(withReboot(builtinChecks))).to.deep.equal([...rest, 'reboot', 'teardown']);
  });

  it('refuses a check of the bundle that is called as one of the harness', () => {
    const checks = [...builtinChecks, ownCheck('cluster-dns')];
    expect(() => makePlan(EMPTY_BUNDLE, EMPTY_GATE, checks, OPTIONS)).to.throw(
      'bundle "test" names a check "cluster-dns", as one of the harness is called',
    );
  });

  it('refuses a gate that requires a check which is not there', () => {
    expect(() =>
      makePlan(EMPTY_BUNDLE, { ...EMPTY_GATE, requiredChecks: ['front-page'] }, builtinChecks, OPTIONS),
    ).to.throw('the gate requires the check "front-page", which this bundle does not have');
  });

  it('refuses a bundle that needs more nodes than there are', () => {
    const bundle = { ...EMPTY_BUNDLE, requirements: { ...EMPTY_BUNDLE.requirements, nodes: 3 } };
    expect(() => makePlan(bundle, EMPTY_GATE, builtinChecks, OPTIONS)).to.throw('requires 3 nodes');
  });
});
