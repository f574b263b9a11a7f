// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { outgoingFilter } from '../../../../harness/observe/capture/capture-filter.ts';
import { INSIDE } from '../../../support/memory-log.ts';

describe('the packet filter', () => {
  it('keeps questions, and leaves out whatever the site has', () => {
    const filter = outgoingFilter(INSIDE);
    expect(filter).to.match(/^not arp and \(dst port 53 or not \(/);
    for (const range of [
      '10.99.0.0/24',
      'fd99::/64',
      '10.42.0.0/16',
      '10.43.0.0/16',
      '127.0.0.0/8',
      'ff02::/16',
    ]) {
      expect(filter).to.include(`dst net ${range}`);
    }
  });

  it('does not leave out cloud metadata', () => {
    expect(outgoingFilter(INSIDE)).not.to.include('169.254');
  });

  it('says nothing of directions: libpcap would lose the first packet', () => {
    expect(outgoingFilter(INSIDE)).not.to.match(/inbound|outbound/);
  });
});
