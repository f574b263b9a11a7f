// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { isRouted, type Profile, PROFILES } from '../../../harness/core/profile.ts';
import { countRules } from '../../../harness/gap/answers.ts';
import { withForwarding } from '../../../harness/gap/no-route.ts';
import { parseRules } from '../../../harness/gap/observed-rules.ts';
import { planGap } from '../../../harness/gap/plan-gap.ts';

const ROUTED: readonly Profile[] = PROFILES.filter(isRouted);

describe('plans of gaps', () => {
  it('a default route of each family leads to the sink, or there is none', () => {
    for (const profile of PROFILES) {
      const { nodeRoutes } = planGap(profile).link;
      expect(
        nodeRoutes.filter((route) => route.includes(' via ')),
        profile,
      ).to.deep.equal(ROUTED.includes(profile) ? ['default via 10.99.0.2', '::/0 via fd99::2'] : []);
    }
  });

  it('in every profile the sink forwards nothing, and its last rule is silence', () => {
    for (const profile of PROFILES) {
      const { sink, answers } = planGap(profile);
      expect(sink.sysctls['net/ipv4/ip_forward'], profile).to.equal('0');
      expect(sink.sysctls['net/ipv6/conf/all/forwarding'], profile).to.equal('0');
      const first = answers.nft.split('chain answer {')[1]?.split('}\n')[0]?.trim() ?? '';
      expect(first.endsWith('drop'), profile).to.equal(ROUTED.includes(profile));
    }
  });

  it('what stays on the link and what belongs to the site is let through before anything is answered', () => {
    const lines = planGap('reject').answers.nft.split('\n');
    const reject = lines.findIndex((line) => line.includes('reject'));
    for (const inside of ['10.99.0.0/24', 'fd99::/64', 'fe80::/10', '10.43.0.0/16', '10.42.0.0/16']) {
      expect(
        lines.findIndex((line) => line.includes(inside)),
        inside,
      ).to.be.within(1, reject);
    }
  });

  it('nobody is answered who is not of the site: the answer would leave it', () => {
    const lines = planGap('trap').answers.nft.split('\n');
    expect(lines.indexOf('ip saddr != { 10.99.0.0/24, 10.42.0.0/16 } drop')).to.be.above(0);
    expect(lines.indexOf('ip6 saddr != { fd99::/64 } drop')).to.be.within(
      1,
      lines.findIndex((line) => line.includes('tproxy')),
    );
  });

  it('with services the rules are those of the bridge, on which the node’s packets arrive', () => {
    const { nft } = planGap('drop', undefined, [{ name: 'registry', address: '10.99.0.65' }]).answers;
    expect(nft).to.include('iifname != "site0" accept');
  });

  it('the deliberate fault takes the answers away: they would hide what it lets out', () => {
    for (const profile of PROFILES) expect(withForwarding(planGap(profile)).answers.nft).to.equal('');
  });

  it('rules are counted as nft tells them', () => {
    expect(countRules(planGap('no-route').answers)).to.equal(0);
    expect(countRules(planGap('drop').answers)).to.equal(8);
    const told =
      '{"nftables":[{"metainfo":{"version":"1.0.6"}},{"table":{"family":"inet","name":"airgap","handle":1}},{"chain":{"table":"airgap"}},{"rule":{"table":"airgap","expr":[]}},{"rule":{"table":"airgap","expr":[]}}]}';
    expect(parseRules(told)).to.deep.equal(['airgap: 2']);
    expect(parseRules('{"nftables":[{"metainfo":{}}]}')).to.deep.equal([]);
  });
});
