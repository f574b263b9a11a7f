// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { REPO_ROOT } from '../support/needs.ts';

/** A process of its own, because mocha's words are global: two runs, one after the other, of which each counts itself. */
const TWICE = `
import { runMocha } from '${REPO_ROOT}/harness/cli/mocha-face.ts';
import { terminalScreen } from '${REPO_ROOT}/harness/cli/screen.ts';
const [suites] = process.argv.slice(1);
for (const turn of ['first', 'second']) {
  globalThis.turn = turn;
  await runMocha({ screen: terminalScreen(false), suites, signal: new AbortController().signal });
}`;

describe('the face of a run', () => {
  it('shows the suites anew for each run of a process: several providers are several runs', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-twice-'));
    const suite = `describe('suite of the ' + globalThis.turn + ' run', () => { it('has a test', () => {}); }); export {};`;
    await writeFile(join(dir.path, 'one.test.ts'), suite);
    const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', TWICE, dir.path], {
      env: { NO_COLOR: '1' },
    });
    expect(stdout.replaceAll(/ \([\d.]+ s\)/g, '').split('\n')).to.deep.equal([
      'suite of the first run',
      '  ✓ has a test',
      'suite of the second run',
      '  ✓ has a test',
    ]);
  });
});
