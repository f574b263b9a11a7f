// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { Attempts } from '../../../../harness/observe/routes/attempts.ts';
import type { LookupRecord } from '../../../../harness/observe/routes/trace-line.ts';

const LOOKUP: LookupRecord = {
  kind: 'lookup',
  tid: 7,
  comm: 'x',
  at: 0,
  interrupt: false,
  table: 254,
  protocolNumber: 6,
  source: '0.0.0.0',
  sourcePort: 0,
  destination: '203.0.113.9',
  destinationPort: 80,
  err: 0,
};

/** Sources of one thread's look-ups, as `address/port` => number of the attempt that each belongs to. */
function attemptsOf(sources: readonly string[], also: Partial<LookupRecord> = {}): number[] {
  const attempts = new Attempts<number>();
  let count = 0;
  return sources.map((text) => {
    const [source = '', port] = text.split('/');
    const lookup = { ...LOOKUP, ...also, source, sourcePort: Number(port) };
    const known = attempts.continued(lookup);
    if (known !== null) return known.attempt;
    count += 1;
    attempts.begin(lookup, count);
    return count;
  });
}

/** Look-ups of one TCP connect with a route. */
function connect(port: number): string[] {
  return ['0.0.0.0/0', '10.42.0.3/0', `10.42.0.3/${port}`];
}

describe('attempts from look-ups', () => {
  // Each sequence as recorded on Linux 6.18.
  it('takes the three look-ups of a TCP connect with a route for one attempt, each time', () => {
    expect(attemptsOf([...connect(36400), ...connect(36412), ...connect(36426)])).to.deep.equal([
      1, 1, 1, 2, 2, 2, 3, 3, 3,
    ]);
  });

  it('counts each connect without a route, though nothing tells them apart', () => {
    expect(attemptsOf(['0.0.0.0/0', '0.0.0.0/0', '0.0.0.0/0'], { err: -11 })).to.deep.equal([1, 2, 3]);
  });

  it('takes the two look-ups of IPv6 without a route for one attempt, each time', () => {
    const also = { err: -113, destination: '2001:db8::9' };
    expect(attemptsOf(['::/0', 'fd99::1/0', '::/0', 'fd99::1/0'], also)).to.deep.equal([1, 1, 2, 2]);
  });

  it('counts datagrams that one unconnected socket sends', () => {
    const also = { protocolNumber: 17, destinationPort: 123 };
    expect(attemptsOf(['0.0.0.0/49799', '0.0.0.0/49799', '0.0.0.0/49799'], also)).to.deep.equal([1, 2, 3]);
    expect(attemptsOf(['::/37331', 'fd99::1/37331', '::/37331', 'fd99::1/37331'], also)).to.deep.equal([
      1, 1, 2, 2,
    ]);
  });

  it('counts connects of sockets that are bound to an address', () => {
    expect(attemptsOf(['10.99.0.1/37125', '10.99.0.1/37126'])).to.deep.equal([1, 2]);
  });

  it('takes the next routing rule for the same attempt when the one before had no answer', () => {
    const attempts = new Attempts<string>();
    attempts.begin({ ...LOOKUP, err: -11 }, 'first');
    expect(attempts.continued({ ...LOOKUP, table: 253, err: -11 })?.attempt).to.equal('first');
    expect(attempts.continued({ ...LOOKUP, table: 254, err: -11 })?.attempt).to.equal('first');
    expect(attempts.continued({ ...LOOKUP, table: 254, err: -11 })).to.equal(null);
  });

  it('tells the source as exactly as the last look-up knew it', () => {
    const attempts = new Attempts<string>();
    attempts.begin(LOOKUP, 'x');
    attempts.continued({ ...LOOKUP, source: '10.42.0.3' });
    const known = attempts.continued({ ...LOOKUP, source: '10.42.0.3', sourcePort: 36400 });
    expect(known?.source).to.deep.equal({ address: '10.42.0.3', port: 36400 });
  });

  it('begins another attempt for another thread, destination, port or protocol', () => {
    const attempts = new Attempts<string>();
    attempts.begin(LOOKUP, 'x');
    const next = { ...LOOKUP, source: '10.42.0.3' };
    for (const other of [
      { tid: 8 },
      { destination: '203.0.113.8' },
      { destinationPort: 81 },
      { protocolNumber: 17 },
    ]) {
      expect(attempts.continued({ ...next, ...other }), JSON.stringify(other)).to.equal(null);
    }
    attempts.forget(7);
    expect(attempts.continued(next)).to.equal(null);
  });
});
