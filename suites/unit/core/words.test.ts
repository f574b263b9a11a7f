// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { nearest } from '../../../harness/core/nearest.ts';
import { printable, quoted } from '../../../harness/core/printable.ts';
import { systemReason } from '../../../harness/core/system-reason.ts';

describe('the nearest known word', () => {
  const known = ['images', 'manifests', 'registries', 'name'];
  for (const [typed, meant] of [
    ['imags', 'images'],
    ['Images', 'images'],
    ['iamges', 'images'],
    ['manifest', 'manifests'],
    ['registry', 'registries'],
    ['nmae', 'name'],
    ['helm', null],
    ['', null],
  ] as const) {
    it(`to "${typed}" is ${meant ?? 'none'}`, () => expect(nearest(typed, known)).to.equal(meant));
  }
});

describe('untrusted text in a message', () => {
  it('cannot move a terminal, break a line or turn the reading direction', () => {
    expect(printable('a\u001b[2J\n\u202eb\u009b\ufeffü')).to.equal(
      'a\\u001b[2J\\u000a\\u202eb\\u009b\\ufeffü',
    );
  });

  it('is quoted as JSON and cut at 80 characters', () => {
    expect(quoted('a"b\u202e')).to.equal('"a\\"b\\u202e"');
    expect(quoted({ a: 1 })).to.equal('{"a":1}');
    expect(quoted(undefined)).to.equal('undefined');
    expect(quoted('x'.repeat(100))).to.equal(`"${'x'.repeat(76)}...`);
  });
});

describe('the reason of a system call that failed', () => {
  it('stands without its code, its call and its path', () => {
    expect(systemReason(new Error("ENOENT: no such file or directory, open '/x, y'"))).to.equal(
      'no such file or directory',
    );
    expect(systemReason(new Error('EISDIR: illegal operation on a directory, read'))).to.equal(
      'illegal operation on a directory',
    );
    expect(systemReason(new Error('something else, entirely'))).to.equal('something else, entirely');
  });
});
