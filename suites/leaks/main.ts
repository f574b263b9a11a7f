// SPDX-License-Identifier: Apache-2.0
import { randomInt } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { PROFILES } from '../../harness/core/profile.ts';
import { REPO_ROOT } from '../integration/support/needs.ts';
import { ABLATIONS } from './ablate.ts';
import { leakCases, nodeCases, quietCases, toolCases } from './plant.ts';
import { linesOf } from './print.ts';
import { judge, readCorpus, runCorpus, type CorpusRun } from './run.ts';

const USAGE = `Usage: npm run corpus -- [options]

Runs the leak corpus: a bundle of small workloads that call out in every known way, and of quiet ones; then says what was
missed, what was blamed wrongly, and which observer carries which case.

  --seed N         draw the same names, addresses and ports again (default: a random one, printed)
  --profile LIST   kinds of gap, separated by commas, or all: one run for each (default: no-route)
  --only REGEX     cases whose name matches
  --sentinel       the short corpus that npm run check runs
  --without LIST   leave observers out of the log: ${Object.keys(ABLATIONS).join(', ')}
  --provider NAME  as of airgap test
  --again DIR      score a run again that was made before, from its log
  --out DIR        folder for bundles and results (default: reports/out/corpus-<time>)
  --help

Exit code 0: all found, nothing else reported, all fields right. 1: not so. 2: wrong usage.`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      profile: { type: 'string', default: 'no-route' },
      only: { type: 'string', default: '' },
      sentinel: { type: 'boolean', default: false },
      without: { type: 'string', default: '' },
      provider: { type: 'string' },
      again: { type: 'string' },
      out: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const off = values.without.split(',').filter(Boolean);
  const unknown = off.find((name) => ABLATIONS[name] === undefined);
  if (unknown !== undefined) {
    console.error(`corpus: --without ${unknown}: known are ${Object.keys(ABLATIONS).join(', ')}`);
    return 2;
  }
  const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0) {
    console.error(`corpus: --seed ${values.seed} is no whole number`);
    return 2;
  }
  if (values.again !== undefined) return await show(await readCorpus(resolve(values.again)), off);
  const wanted = new RegExp(values.only);
  const chosen = <T extends { readonly id: string; readonly sentinel?: boolean }>(cases: readonly T[]): T[] =>
    cases.filter(({ id, sentinel }) => wanted.test(id) && (!values.sentinel || sentinel === true));
  const selection = {
    leaks: chosen(leakCases),
    node: chosen(nodeCases),
    quiet: chosen(quietCases),
    tools: values.sentinel ? [] : toolCases.filter(({ id }) => wanted.test(id)),
  };
  const time = new Date().toISOString().replaceAll(/[-:]/g, '').slice(0, 15);
  const out = resolve(values.out ?? join(REPO_ROOT, 'reports/out', `corpus-${time}`));
  let code = 0;
  const profiles = values.profile === 'all' ? PROFILES : values.profile.split(',');
  for (const profile of profiles) {
    console.log(`corpus: profile ${profile}, --seed ${seed} makes the same again`);
    const dir = join(out, profile);
    await mkdir(dir, { recursive: true });
    const args = values.provider === undefined ? [] : ['--provider', values.provider];
    code = Math.max(code, await show(await runCorpus(selection, { seed, profile, dir, args }), off));
  }
  console.log(`corpus: everything is in ${out}`);
  return code;
}

async function show(run: CorpusRun, off: readonly string[]): Promise<number> {
  const judged = await judge(run, off);
  for (const line of linesOf(run, judged)) console.log(line);
  const { missed, wrong, falseAlarms } = judged.score;
  const faults = [missed, wrong, falseAlarms, judged.shown, judged.unseen];
  return faults.every((list) => list.length === 0) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`corpus: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
