// SPDX-License-Identifier: Apache-2.0
import { basename, join, relative, resolve } from 'node:path';
import { randomBytes } from 'node:crypto';
import { renderTerminal } from '../../../reports/terminal.ts';
import { renderJson } from '../../../reports/json.ts';
import { readAssets } from '../../core/assets.ts';
import { reasonOf } from '../../core/errors.ts';
import { EXIT, type ExitCode } from '../../core/exit-codes.ts';
import type { Report } from '../../core/report.ts';
import { setCurrentRun } from '../../run/current.ts';
import { inspect } from '../../run/inspect.ts';
import { type Fault, Run } from '../../run/run.ts';
import { watchInterrupts } from '../interrupts.ts';
import { runMocha } from '../mocha-face.ts';
import { DEFAULT_OUT, REPO_ROOT } from '../repo.ts';
import { terminalScreen } from '../screen.ts';
import { VERSION } from '../version.ts';

export interface TestOptions {
  readonly gate?: string;
  readonly out?: string;
  readonly k3s?: string;
  readonly standIn?: boolean;
  readonly keep?: boolean;
  readonly grep?: string;
  readonly reporter?: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly injectFault: readonly Fault[];
  readonly quiet: number;
  readonly settleTimeout: number;
  readonly memory: number;
}

/** `airgap test BUNDLE`: the main job. Returns the exit code. */
export async function testCommand(bundlePath: string, options: TestOptions): Promise<ExitCode> {
  const screen = terminalScreen(options.json === true || options.dryRun === true);
  const inspected = await inspect(resolve(bundlePath), {
    gatePath: options.gate === undefined ? null : resolve(options.gate),
    quietMs: options.quiet * 1000,
    settleTimeoutMs: options.settleTimeout * 1000,
    memoryMiB: options.memory,
  });
  if (options.dryRun === true) {
    process.stdout.write(`${JSON.stringify(inspected.plan, null, 2)}\n`);
    return EXIT.ready;
  }
  const { bundle, plan } = inspected;
  const id = runId(bundle.name);
  using watcher = watchInterrupts(() => screen.line('still removing what this run made; please wait'));
  const { signal } = watcher;
  const outDir = options.out === undefined ? join(DEFAULT_OUT, id) : resolve(options.out);
  const run = await Run.begin(inspected, {
    id,
    outDir,
    assets: await readAssets(REPO_ROOT),
    k3s: options.k3s ?? process.env['AIRGAP_K3S'] ?? null,
    standIn: options.standIn === true,
    faults: options.injectFault,
    filtered: options.grep !== undefined,
    keep: options.keep === true,
    version: VERSION,
    signal,
  });
  screen.line(
    `${screen.paint('bold', `${bundle.name} ${bundle.version}`)}: ${bundle.images.length} images, ${bundle.objects.length} objects; provider ${plan.provider}, profile ${plan.profile}`,
  );

  let report: Report;
  try {
    setCurrentRun(run);
    await runMocha({
      screen,
      suites: join(REPO_ROOT, 'suites', 'readiness'),
      signal,
      ...(options.grep === undefined ? {} : { grep: options.grep }),
      ...(options.reporter === undefined ? {} : { reporter: options.reporter }),
    });
    report = await run.finish(signal.aborted ? 'interrupted' : 'complete');
  } catch (error) {
    report = await run.finish('aborted', reasonOf(error));
  } finally {
    setCurrentRun(undefined);
  }
  screen.line();
  screen.line(
    renderTerminal(report, {
      columns: screen.columns,
      paint: (style, text) => screen.paint(style, text),
      folder: relative(process.cwd(), outDir) || '.',
    }),
  );
  if (options.keep === true && report.verdict !== 'ready') {
    screen.line(
      'The site stays up. Get in: npm run airgap -- shell (or kubectl, logs); end it: npm run airgap -- down',
    );
  }
  if (options.json === true) process.stdout.write(renderJson(report));
  return signal.aborted ? EXIT.interrupted : exitCodeOfVerdict(report.verdict);
}

function exitCodeOfVerdict(verdict: Report['verdict']): ExitCode {
  switch (verdict) {
    case 'ready':
      return EXIT.ready;
    case 'not-ready':
      return EXIT.notReady;
    case 'inconclusive':
      return EXIT.inconclusive;
  }
}

/** Sorts by time, tells bundles apart, and is unique for runs that start in the same second. */
function runId(bundleName: string): string {
  const time = new Date().toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${time}-${basename(bundleName).replaceAll(/[^\w.-]+/g, '_')}-${randomBytes(2).toString('hex')}`;
}
