// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { tierResultSchema } from './tier-reporter.ts';

/**
 * `npm run check`: static checks, then every tier of tests. Of a tier that passes only its skips are shown; of one that fails
 * what its failed tests said. The end is short enough for the end of any log: each failure by name, then the count.
 */
interface Tier {
  readonly name: string;
  /** Folder below suites, whose .mocharc.json names the files. */
  readonly folder: string;
  readonly args?: readonly string[];
}

/** Titles of what has the whole machine while it runs: two cores are few for an emulated guest. */
const VM = z
  .object({ grep: z.string() })
  .parse(JSON.parse(readFileSync('suites/integration/providers-vm/.mocharc.json', 'utf8'))).grep;
/** Of the virtual machine the contract and the main job; `npm run test:vm` is the whole. */
const VM_ELSEWHERE = ['providers-vm/!(clean.alone)', 'run/choosing-a-provider', 'run/reboot'];

/** Two files at a time, one for each core. */
const SIDE_BY_SIDE = ['--parallel', '--jobs=2'];

/** A file `*.alone.test.ts` looks at, or needs, the whole machine: sweeps, host-wide lists, rates. */
const TIERS: readonly Tier[] = [
  { name: 'unit', folder: 'unit', args: SIDE_BY_SIDE },
  { name: 'property', folder: 'property', args: SIDE_BY_SIDE },
  {
    name: 'integration, two side by side',
    folder: 'integration',
    args: [...SIDE_BY_SIDE, '--ignore=suites/integration/**/*.alone.test.ts', `--grep=${VM}`, '--invert'],
  },
  {
    name: 'integration, one by one',
    folder: 'integration',
    args: ['--ignore=suites/integration/**/!(*.alone).test.ts', `--grep=${VM}`, '--invert'],
  },
  {
    name: 'virtual machine',
    folder: 'integration/providers-vm',
    args: VM_ELSEWHERE.map((files) => `--ignore=suites/integration/${files}.test.ts`),
  },
  { name: 'browser', folder: 'browser' },
];
const STATIC = ['format:check', 'lint', 'typecheck'] as const;
const MOST_TEXT = 4000;

interface Outcome {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

const scratch = mkdtempSync(join(tmpdir(), 'airgap-check-'));
const failures: string[] = [];
let passed = 0;
let skipped = 0;
try {
  for (const script of STATIC) runStatic(script);
  for (const tier of TIERS) runTier(tier);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
for (const failure of failures) console.log(`FAILED ${failure}`);
console.log(`${passed} passed, ${failures.length} failed, ${skipped} skipped`);
process.exitCode = failures.length === 0 ? 0 : 1;

function runStatic(script: (typeof STATIC)[number]): void {
  const outcome = run(script, ['npm', 'run', '-s', script]);
  if (!outcome.ok) fail(script, outcome);
}

function runTier({ name, folder, args = [] }: Tier): void {
  const reporter = join(import.meta.dirname, 'tier-reporter.ts');
  const path = join(scratch, 'tier.json');
  writeFileSync(path, '');
  const outcome = run(name, [
    'mocha',
    `--config=suites/${folder}/.mocharc.json`,
    `--reporter=${reporter}`,
    `--reporter-option=output=${path}`,
    ...args,
  ]);
  const skips = outcome.stdout.split('\n').filter((line) => line.startsWith('SKIPPED'));
  for (const skip of new Set(skips)) console.log(`     ${skip}`);
  const text = readFileSync(path, 'utf8');
  if (text === '') return fail(name, outcome); // it broke before it could count
  const { passes, pending, failed, slowest } = tierResultSchema.parse(JSON.parse(text));
  if (slowest.length > 0) console.log(`     longest: ${slowest.join(', ')}`);
  passed += passes;
  skipped += pending;
  for (const { title, said } of failed) {
    failures.push(`${folder}: ${title}`);
    console.log(`\n${folder}: ${title}\n${shortened(said)}\n`);
  }
  if (failed.length === 0 && !outcome.ok) fail(name, outcome);
}

/** For what fails as a whole. */
function fail(name: string, { stdout, stderr }: Outcome): void {
  failures.push(name);
  console.log(shortened(stdout));
  console.log(shortened(stderr));
}

/** Runs a command with its output held back. */
function run(name: string, argv: readonly string[]): Outcome {
  const began = Date.now();
  const [file = '', ...args] = argv;
  const { status, stdout, stderr } = spawnSync(file, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ok = status === 0;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  return { ok, stdout, stderr };
}

/** Beginning and end: the first says what was wanted, the last what came. */
function shortened(text: string): string {
  if (text.length <= MOST_TEXT) return text.trimEnd();
  return `${text.slice(0, MOST_TEXT / 4)}\n  [...]\n${text.slice((-MOST_TEXT * 3) / 4)}`.trimEnd();
}
