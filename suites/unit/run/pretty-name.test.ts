// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { prettyName } from '../../../harness/run/node-image/inspect-root.ts';

describe('prettyName', () => {
  it('reads every way of quoting that os-release(5) knows', () => {
    expect(prettyName('ID=x\nPRETTY_NAME="Debian GNU/Linux 11 (bullseye)"\n')).to.equal(
      'Debian GNU/Linux 11 (bullseye)',
    );
    expect(prettyName("PRETTY_NAME='One Two'")).to.equal('One Two');
    expect(prettyName('PRETTY_NAME=Plain\n')).to.equal('Plain');
  });

  it('is null where there is none', () => {
    expect(prettyName('')).to.equal(null);
    expect(prettyName('PRETTY_NAME=""\n')).to.equal(null);
    expect(prettyName('NOT_PRETTY_NAME=x\n')).to.equal(null);
  });

  it('shows nothing that would act on a terminal, and never more than a line', () => {
    expect(prettyName('PRETTY_NAME="a\u001b[31mb"')).to.equal('a\\u001b[31mb');
    expect(prettyName(`PRETTY_NAME="${'x'.repeat(500)}"`)).to.have.length(100);
  });
});
