// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { describeFailure, exitCodeOf } from '../../../harness/cli/failure.ts';
import { HarnessError } from '../../../harness/core/errors.ts';

describe('errors for people', () => {
  it('bad input is 2, an interrupt 130, everything else is the harness’s own fault: 3', () => {
    const codes = (['usage', 'config', 'bundle', 'interrupted', 'setup', 'harness'] as const).map((code) =>
      exitCodeOf(new HarnessError('x', { code })),
    );
    expect(codes).to.deep.equal([2, 2, 2, 130, 3, 3]);
    expect(exitCodeOf(new TypeError('undefined is not a function'))).to.equal(3);
  });

  it('says what failed and what to do, without a stack', () => {
    const error = new HarnessError('cannot read "x": no such file', {
      code: 'usage',
      hint: 'name a file that exists',
    });
    expect(describeFailure(error)).to.equal(
      'error: cannot read "x": no such file\n  what to do: name a file that exists',
    );
  });
});
