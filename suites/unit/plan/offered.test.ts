// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { builtinChecks } from '../../../harness/checks/builtin-checks.ts';
import { EMPTY_GATE, type Gate } from '../../../harness/core/gate.ts';
import { PROXY, proxyVariables } from '../../../harness/core/proxy.ts';
import { makePlan } from '../../../harness/plan/plan.ts';
import { offeredIn } from '../../../harness/plan/offered.ts';
import { EMPTY_BUNDLE } from '../../support/empty-bundle.ts';

const OPTIONS = { quietMs: 1, settleTimeoutMs: 1, memoryMiB: 1 };
const GATE: Gate = {
  ...EMPTY_GATE,
  internal: [
    {
      name: 'ldap',
      hosts: ['ldap.site'],
      cidrs: [],
      ports: [636],
      description: null,
      serve: { kind: 'tcp' },
    },
  ],
  services: {
    authority: { files: null, nodes: true },
    registry: { host: 'registry.site', port: 443, tls: true, login: null, projects: {}, images: 'all' },
    ntp: { host: 'ntp.site', skewSeconds: 0 },
    charts: null,
    packages: null,
    files: null,
    zone: {},
  },
};
const planIn = (profile: Gate['profile']): ReturnType<typeof makePlan> =>
  makePlan(EMPTY_BUNDLE, offeredIn(profile, GATE), builtinChecks, OPTIONS);

describe('what the site offers in a profile', () => {
  it('is all that the gate declares; in registry-only the registry, and what is declared stays declared', () => {
    expect(planIn('drop').services.map(({ name }) => name)).to.deep.equal(['registry', 'ntp', 'internal-1']);
    expect(planIn('registry-only').services.map(({ name }) => name)).to.deep.equal(['registry']);
    expect(offeredIn('registry-only', GATE).internal.map(({ name, serve }) => [name, serve])).to.deep.equal([
      ['ldap', undefined],
    ]);
  });

  it('the sink is watched where it answers, and the proxy’s address is not inside', () => {
    expect(planIn('no-route').observers).not.to.include('sink');
    expect(planIn('trap').observers).to.include('sink');
    const { observers, inside } = makePlan(
      EMPTY_BUNDLE,
      offeredIn('proxy', EMPTY_GATE),
      builtinChecks,
      OPTIONS,
    );
    expect(observers).to.include('sink');
    expect(inside.proxy).to.deep.equal(PROXY);
    expect(inside.node).to.deep.equal(['10.99.0.0/26', '10.99.0.128/25', 'fd99::/64']);
    expect(planIn('drop').inside.proxy).to.equal(undefined);
  });

  it('the proxy’s variables leave out the site itself, in both spellings', () => {
    const { inside, zone } = planIn('proxy');
    const variables = proxyVariables(inside, [...zone.map(({ name }) => name), '*.corp.example']);
    expect(variables['HTTPS_PROXY']).to.equal('http://10.99.0.127:3128');
    expect(variables['https_proxy']).to.equal(variables['HTTPS_PROXY']);
    expect(variables['NO_PROXY']?.split(',')).to.include.members([
      '.svc',
      '10.99.0.64/26',
      'registry.site',
      '.corp.example',
      '10.42.0.0/16',
      '10.43.0.0/16',
      '.cluster.local',
    ]);
  });
});
