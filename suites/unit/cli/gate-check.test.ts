// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { tmpdir } from 'node:os';
import { expect } from 'chai';
import { execa } from 'execa';

const MAIN = resolve(import.meta.dirname, '../../../harness/cli/main.ts');

/** A day that is so many days from today, UTC. */
function dayIn(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

async function check(
  exceptions: readonly number[],
  ...more: readonly string[]
): Promise<{ code: number | undefined; lines: string[] }> {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'gate-check-'));
  const file = join(dir.path, 'gate.yaml');
  const rows = exceptions.map(
    (days) => `  - { scope: { class: c${days} }, reason: why, owner: jo, expires: ${dayIn(days)} }\n`,
  );
  const list = rows.length === 0 ? '' : `exceptions:\n${rows.join('')}`;
  await writeFile(file, `apiVersion: airgap.dev/v1\nkind: Gate\n${list}`);
  const { exitCode, stdout, stderr } = await execa(process.execPath, [MAIN, 'gate', 'check', file, ...more], {
    reject: false,
    env: { NO_COLOR: '1' },
  });
  return { code: exitCode, lines: `${stdout}${stderr}`.replaceAll(file, 'gate.yaml').split('\n') };
}

describe('airgap gate check', () => {
  it('lists exceptions with the days they have left, the next to expire first', async () => {
    const { code, lines } = await check([200, 12]);
    expect(code).to.equal(0);
    expect(lines[0]).to.match(/^expires soon \S+ {2}12 days left +class c12$/);
    expect(lines[1]).to.match(/^ +why \(jo\)$/);
    expect(lines[2]).to.match(/^valid {8}\S+ {2}200 days left +class c200$/);
    expect(lines.at(-1)).to.contain('gate.yaml: 2 exception(s), 0 expired');
  });
  it('ends with 2 when one has expired, also as JSON', async () => {
    const { code, lines } = await check([5, -3]);
    expect(code).to.equal(2);
    expect(lines[0]).to.match(/^expired {6}\S+ {2}3 days ago +class c-3$/);
    const json = await check([-3], '--json');
    expect(json.code).to.equal(2);
    expect(JSON.parse(json.lines.join('\n'))).to.have.nested.property('exceptions[0].state', 'expired');
  });
  it('ends with 2 and the place for a gate that is wrong, or is not there', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'gate-check-'));
    const file = join(dir.path, 'gate.yaml');
    await writeFile(file, 'apiVersion: airgap.dev/v1\nkind: Gate\nexceptions: [{ scope: {} }]\n');
    const wrong = await execa(process.execPath, [MAIN, 'gate', 'check', file], { reject: false });
    expect(wrong.exitCode).to.equal(2);
    expect(wrong.stderr).to.contain(`${file}:3:`);
    const none = await execa(process.execPath, [MAIN, 'gate', 'check', '/nowhere/gate.yaml'], {
      reject: false,
    });
    expect(none.exitCode).to.equal(2);
    expect(none.stderr).to.contain('/nowhere/gate.yaml');
  });
  it('says that there is none', async () => {
    expect((await check([])).lines.at(-1)).to.contain('no exception');
  });
});
