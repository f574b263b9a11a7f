// SPDX-License-Identifier: Apache-2.0
import { type DisposableTempDir, mkdir, mkdtempDisposable, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  CONTRACT_SUITE,
  contractState,
  sha256Of,
  suiteKey,
  writeContractRecord,
} from '../../../harness/site/contract-record.ts';
import { passOf, type TestResult } from '../../integration/k3s-contract/record-pass.ts';

describe('what a K3s has shown of the contract', () => {
  let dir: DisposableTempDir;
  let binary: string;
  let suite: string;
  const state = async (): Promise<string> => {
    const { contract, contractNote } = await contractState(binary, dir.path, suite);
    return `${contract}: ${contractNote}`;
  };

  beforeEach(async () => {
    dir = await mkdtempDisposable(join(tmpdir(), 'contract-'));
    binary = join(dir.path, 'k3s');
    suite = join(dir.path, 'suite');
    await writeFile(binary, 'a k3s');
    await mkdir(suite);
    await writeFile(join(suite, 'one.test.ts'), 'a promise');
    await writeContractRecord(dir.path, {
      version: 1,
      sha256: await sha256Of(binary),
      k3s: 'k3s version v1.36.3+k3s1 (0123abcd)',
      passedAt: '2026-05-04T10:00:00.000Z',
      tests: 34,
      suite: await suiteKey(suite),
    });
  });
  afterEach(async () => await dir[Symbol.asyncDispose]());

  it('the binary that passed, wherever it lies', async () => {
    expect(await state()).to.equal('passed: 34 tests on 2026-05-04');
    await writeFile(join(dir.path, 'elsewhere'), 'a k3s');
    binary = join(dir.path, 'elsewhere');
    expect(await state()).to.equal('passed: 34 tests on 2026-05-04');
    expect(await readdir(join(dir.path, 'k3s-contract'))).to.have.length(1);
  });

  it('another binary is unverified', async () => {
    await writeFile(binary, 'another k3s');
    expect(await state()).to.equal('unverified: it has not passed the contract suite on this machine');
  });

  it('so is one that passed another version of the suite', async () => {
    await writeFile(join(suite, 'two.test.ts'), 'another promise');
    expect(await state()).to.equal(
      'unverified: it passed another version of the contract suite, on 2026-05-04',
    );
  });

  it('so is one whose record cannot be read', async () => {
    const file = join(dir.path, 'k3s-contract', `${await sha256Of(binary)}.json`);
    for (const text of ['{', '{"version":2}', '']) {
      await writeFile(file, text);
      expect(await state()).to.match(/^unverified: it cannot be told: ./);
    }
    binary = join(dir.path, 'gone');
    expect(await state()).to.match(/^unverified: it cannot be told: ENOENT/);
  });
});

describe('a pass of the K3s contract suite', () => {
  const files = ['a.test.ts', 'b.test.ts'];
  const result = (file: string, state: TestResult['state'], title = 'keeps it'): TestResult => ({
    file: join(CONTRACT_SUITE, file),
    state,
    fullTitle: () => title,
  });
  const all = [result('a.test.ts', 'passed'), result('a.test.ts', 'passed'), result('b.test.ts', 'passed')];

  it('is one of all its tests; those of other suites do not count', () => {
    const other = { file: '/elsewhere/c.test.ts', state: 'failed', fullTitle: () => 'c' } as const;
    expect(passOf([...all, other], files)).to.deep.equal({ tests: 3 });
  });

  it('is none when a test failed, was skipped, was left out or not reached', () => {
    for (const state of ['failed', 'pending', undefined] as const) {
      expect(passOf([...all, result('b.test.ts', state, 'B breaks')], files)).to.deep.equal({
        why: `1 of 4 tests did not pass (${state === 'pending' ? 1 : 0} were skipped), first "B breaks"`,
      });
    }
  });

  it('is none when a file was not run', () => {
    expect(passOf(all.slice(0, 2), files)).to.deep.equal({ why: 'b.test.ts was not run' });
    expect(passOf([], files)).to.deep.equal({ why: 'a.test.ts was not run' });
  });
});
