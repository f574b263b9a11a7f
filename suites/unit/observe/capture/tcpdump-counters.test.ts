// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { countersIn, packetsToCome } from '../../../../harness/observe/capture/tcpdump-counters.ts';

describe('counters of tcpdump', () => {
  it('are read from its answer to a signal and from its last words', () => {
    const text = [
      'tcpdump: listening on node0, link-type EN10MB (Ethernet), snapshot length 1024 bytes',
      'tcpdump: 4 packets captured, 5 packets received by filter, 0 packets dropped by kernel',
      '1 packet captured',
      '1 packet received by filter',
      '0 packets dropped by kernel',
    ].join('\n');
    expect(countersIn(text)).to.deep.equal([
      { captured: 4, received: 5, dropped: 0 },
      { captured: 1, received: 1, dropped: 0 },
    ]);
  });

  it('tell how many packets are still to come: received, neither dropped nor captured', () => {
    expect(packetsToCome({ captured: 5, received: 5, dropped: 0 })).to.equal(0);
    expect(packetsToCome({ captured: 5, received: 9, dropped: 4 })).to.equal(0);
    expect(packetsToCome({ captured: 5, received: 9, dropped: 1 })).to.equal(3);
  });
});
