// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { reasonOf } from '../../../harness/core/errors.ts';

describe('the reason in what was thrown', () => {
  it('is the message; of fetch, which says nothing in it, what is behind it', () => {
    const cause = new Error('Connect Timeout Error');
    expect(reasonOf(new Error('no such file', { cause }))).to.equal('no such file');
    expect(reasonOf(new TypeError('fetch failed', { cause }))).to.equal(
      'fetch failed: Connect Timeout Error',
    );
    expect(reasonOf(new TypeError('fetch failed'))).to.equal('fetch failed');
  });

  it('names all of several', () => {
    expect(reasonOf(new AggregateError([new Error('one'), 'two']))).to.equal('one; two');
    expect(reasonOf(new SuppressedError(new Error('later'), new Error('first')))).to.equal(
      'first; then later',
    );
  });
});
