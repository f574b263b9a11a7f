// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { type Folded, SecondFold } from '../../../harness/observe/second-fold.ts';

function collecting(): { fold: SecondFold<string>; emitted: Folded<string>[] } {
  const emitted: Folded<string>[] = [];
  return { fold: new SecondFold<string>((folded) => void emitted.push(folded)), emitted };
}

describe('folding by second', () => {
  it('counts equals within a second from the first, and begins anew after it', () => {
    const { fold, emitted } = collecting();
    for (const at of [0, 999_999_999, 1_000_000_000]) fold.add('x', at, String(at));
    fold.closeAll();
    expect(emitted).to.deep.equal([
      { item: '0', at: 0, last: 999_999_999, count: 2 },
      { item: '1000000000', at: 1_000_000_000, last: 1_000_000_000, count: 1 },
    ]);
  });

  it('folds nothing that has no key', () => {
    const { fold, emitted } = collecting();
    fold.add(null, 0, 'a');
    fold.add(null, 0, 'b');
    fold.closeAll();
    expect(emitted.map(({ item, count }) => [item, count])).to.deep.equal([
      ['a', 1],
      ['b', 1],
    ]);
  });

  it('bears records that come in the wrong order', () => {
    const { fold, emitted } = collecting();
    fold.add('x', 50, 'first read');
    fold.add('x', 20, 'earlier');
    fold.closeAll();
    expect(emitted).to.deep.equal([{ item: 'first read', at: 20, last: 50, count: 2 }]);
  });

  it('emits what is old enough and nothing twice', () => {
    const { fold, emitted } = collecting();
    fold.add('a', 10, 'a');
    fold.add('b', 30, 'b');
    fold.closeBefore(30);
    expect(emitted.map(({ item }) => item)).to.deep.equal(['a']);
    fold.closeAll();
    fold.closeAll();
    expect(emitted.map(({ item }) => item)).to.deep.equal(['a', 'b']);
  });
});
