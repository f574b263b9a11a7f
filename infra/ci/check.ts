// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

/**
 * `npm run check`: static checks, then every tier of tests; what a tier prints is shown only when it fails. The last line
 * counts all tests.
 */
const TIERS = ['unit', 'property', 'integration', 'browser'] as const;
const STATIC = ['format:check', 'lint', 'typecheck'] as const;

const statsSchema = z.object({ passes: z.number(), failures: z.number(), pending: z.number() });

const scratch = mkdtempSync(join(tmpdir(), 'airgap-check-'));
let failed = 0;
const total = { passes: 0, failures: 0, pending: 0 };
try {
  for (const script of STATIC) step(script, ['npm', 'run', '-s', script]);
  for (const tier of TIERS) runTier(tier);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`${total.passes} passed, ${total.failures + failed} failed, ${total.pending} skipped`);
process.exitCode = total.failures + failed === 0 ? 0 : 1;

function runTier(tier: (typeof TIERS)[number]): void {
  const reporter = join(import.meta.dirname, 'tier-reporter.ts');
  const result = join(scratch, `${tier}.json`);
  writeFileSync(result, '');
  step(
    tier,
    [
      'mocha',
      '--config',
      `suites/${tier}/.mocharc.json`,
      '--reporter',
      reporter,
      '--reporter-option',
      `output=${result}`,
    ],
    false,
  );
  const text = readFileSync(result, 'utf8');
  if (text === '') {
    failed += 1; // the tier broke before it could count
    return;
  }
  const stats = statsSchema.parse(JSON.parse(text));
  total.passes += stats.passes;
  total.failures += stats.failures;
  total.pending += stats.pending;
}

/** Runs a command with its output held back; a failing one is counted unless the tier's own count says how much failed. */
function step(name: string, argv: readonly string[], count = true): void {
  const began = Date.now();
  const [file = '', ...args] = argv;
  const { status, stdout, stderr } = spawnSync(file, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  const skips = stdout.split('\n').filter((line) => line.startsWith('SKIPPED'));
  if (status === 0) {
    for (const line of skips) console.log(`     ${line}`);
    return;
  }
  if (count) failed += 1;
  console.log(stdout.slice(-20_000));
  console.log(stderr.slice(-8000));
}
