// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { EMPTY_GATE } from '../../../harness/core/gate.ts';
import type { Profile } from '../../../harness/core/profile.ts';
import { limitsOfProfile } from '../../../harness/verdict/profile-limits.ts';
import { RUN } from './log-builder.ts';

const idsIn = (profile: Profile, change: Partial<typeof RUN> = {}): string[] =>
  limitsOfProfile({ run: { ...RUN, environment: { ...RUN.environment, profile }, ...change } }).map(
    ({ id }) => id,
  );

describe('what a run in one profile cannot show', () => {
  it('is said for each profile by its own words', () => {
    expect(idsIn('no-route')).to.deep.equal(['names-behind-addresses']);
    expect(idsIn('proxy')).to.deep.equal(['names-behind-addresses', 'proxy-refuses']);
    expect(idsIn('registry-only')).to.deep.equal(['names-behind-addresses', 'no-registry']);
    const messageIn = (profile: Profile): string | undefined =>
      limitsOfProfile({ run: { ...RUN, environment: { ...RUN.environment, profile } } })[0]?.message;
    expect(messageIn('trap')).to.not.equal(messageIn('drop'));
  });

  it('a registry of the site is one', () => {
    const registry = {
      name: 'registry',
      kind: 'registry' as const,
      hosts: ['registry.site'],
      address: '10.99.0.65',
      ports: [443],
      internal: null,
      description: null,
    };
    expect(idsIn('registry-only', { services: [registry] })).to.deep.equal(['names-behind-addresses']);
  });

  it('the other profiles that the gate requires are named', () => {
    const gate = { ...EMPTY_GATE, profile: 'drop' as const, profiles: ['drop', 'trap'] as const };
    expect(idsIn('drop', { gate })).to.deep.equal(['names-behind-addresses', 'other-profiles']);
  });
});
