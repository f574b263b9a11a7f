// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { compareGoVersions, neededGoVersion, parseGoVersion } from '../../../../infra/setup/go-version.ts';

describe('Go versions', () => {
  it('reads a version as go prints it, as go.mod says it, and alone', () => {
    expect(
      ['go version go1.26.8 linux/amd64', 'go1.27.3', 'go 1.26.0', '1.9', 'go1.28rc1', 'devel +abc'].map(
        parseGoVersion,
      ),
    ).to.deep.equal([[1, 26, 8], [1, 27, 3], [1, 26, 0], [1, 9, 0], [1, 28, 0], null]);
  });

  it('compares by number, not by text', () => {
    expect(compareGoVersions([1, 9, 0], [1, 26, 0])).to.be.below(0);
    expect(compareGoVersions([1, 26, 10], [1, 26, 9])).to.be.above(0);
    expect(compareGoVersions([1, 26, 8], [1, 26, 8])).to.equal(0);
  });

  it('needs the newest go line of all modules and ignores what only looks like one', () => {
    const modules = [
      'module a\n\ngo 1.26.0\n\nrequire example.test/go 1.99.0\n',
      'module b\n\ngo 1.26.3\n\ntoolchain go1.30.0\n\n// go 1.31\n',
    ];
    expect(neededGoVersion(modules)).to.deep.equal([1, 26, 3]);
  });
});
