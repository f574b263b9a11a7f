// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { gateLines, listExceptions } from '../../../harness/cli/gate-list.ts';
import { EMPTY_GATE, type Gate } from '../../../harness/core/gate.ts';

const MAIN = resolve(import.meta.dirname, '../../../harness/cli/main.ts');
const NOW = '2026-03-01T23:59:00.000Z';

function gateOf(...expiries: readonly (readonly [expires: string, className: string])[]): Gate {
  const exceptions = expiries.map(([expires, name]) => ({
    scope: { class: name },
    reason: 'why',
    owner: 'jo',
    expires,
  }));
  return { ...EMPTY_GATE, file: 'gate.yaml', exceptions };
}

function linesOf(gate: Gate): string[] {
  return gateLines(gate, listExceptions(gate, NOW), (_, text) => text);
}

describe('airgap gate check', () => {
  it('lists exceptions with the days they have left, the next to expire first', () => {
    const gate = gateOf(
      ['2026-09-17', 'ntp'],
      ['2026-03-13', 'oidc'],
      ['2026-02-26', 'git'],
      ['2026-03-01', 'npm'],
    );
    expect(linesOf(gate)).to.deep.equal([
      'expired      2026-02-26  3 days ago             class git',
      '             why (jo)',
      'expires soon 2026-03-01  today is its last day  class npm',
      '             why (jo)',
      'expires soon 2026-03-13  12 days left           class oidc',
      '             why (jo)',
      'valid        2026-09-17  200 days left          class ntp',
      '             why (jo)',
      'gate.yaml: 4 exception(s), 1 expired; 0 internal destination(s), 0 row(s) of classes',
    ]);
  });

  it('warns of a class that no attempt can have, and of none that the owner’s rows have', () => {
    const gate = gateOf(['2026-09-17', 'telemtry'], ['2026-09-18', 'acme-usage'], ['2026-09-19', 'tele*']);
    const own = { match: { port: 1 }, class: 'acme-usage', remedy: 'x' };
    expect(linesOf({ ...gate, classes: [own] }).filter((line) => line.startsWith('warning'))).to.deep.equal([
      'warning: no class is called "telemtry" (did you mean "telemetry"?): that exception accepts nothing',
    ]);
  });

  it('says that there is none', () => expect(linesOf(gateOf())[0]).to.contain('no exception'));

  it('ends with 2 when one has expired, and with the place when the gate is wrong', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'gate-check-'));
    const check = async (exceptions: string): Promise<string> => {
      const file = join(dir.path, 'gate.yaml');
      await writeFile(file, `apiVersion: airgap.dev/v1\nkind: Gate\nexceptions: [${exceptions}]\n`);
      const options = { reject: false, all: true } as const;
      const { exitCode, all } = await execa(
        process.execPath,
        [MAIN, 'gate', 'check', file, '--json'],
        options,
      );
      return `${exitCode} ${all.replaceAll(file, 'gate.yaml')}`;
    };
    const expired = '{ scope: { class: ntp }, reason: r, owner: o, expires: 2020-01-01 }';
    expect(await check(expired)).to.match(/^2 .*"state": "expired"/s);
    expect(await check('{ scope: {} }')).to.match(/^2 error: .*gate\.yaml:3:/s);
    expect(await check('')).to.match(/^0 /);
  });
});
