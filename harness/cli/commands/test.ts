// SPDX-License-Identifier: Apache-2.0
import { basename, join, relative, resolve } from 'node:path';
import { randomBytes } from 'node:crypto';
import { renderComparison } from '../../../reports/comparison-terminal.ts';
import { renderTerminal } from '../../../reports/terminal.ts';
import { renderJson } from '../../../reports/json.ts';
import { readAssets } from '../../core/assets.ts';
import { cacheRoot } from '../../core/cache-root.ts';
import type { Comparison } from '../../core/comparison.ts';
import { HarnessError } from '../../core/errors.ts';
import type { Profile } from '../../core/profile.ts';
import { EXIT, type ExitCode } from '../../core/exit-codes.ts';
import type { Report } from '../../core/report.ts';
import { rootless } from '../../core/rootless.ts';
import { findProviders } from '../../providers/find-provider.ts';
import type { ProviderId } from '../../providers/provider.ts';
import { type Inspected, inspectAll } from '../../run/inspect.ts';
import type { Fault } from '../../run/run.ts';
import { farMachineFor, heedFarCommand, refuseFarLeg, testAtEngine } from '../far-test.ts';
import { watchInterrupts } from '../interrupts.ts';
import { runOnce, type RunSettings } from '../one-run.ts';
import { type Requirement, requiredObservers } from '../requirements.ts';
import { DEFAULT_OUT, REPO_ROOT } from '../repo.ts';
import { type Screen, terminalScreen } from '../screen.ts';
import { explainOnce } from '../explain-once.ts';
import { type Leg, legsOf, runSeveral } from '../several-runs.ts';

const DAY_MS = 24 * 3600 * 1000;

export interface TestOptions {
  readonly gate?: string;
  readonly provider: readonly ProviderId[] | 'auto';
  readonly profile?: readonly Profile[];
  readonly out?: string;
  readonly k3s?: string;
  readonly standIn?: boolean;
  readonly nodeImage?: string;
  readonly explain?: boolean;
  readonly reboot?: boolean;
  readonly keep?: boolean;
  readonly grep?: string;
  readonly reporter?: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly injectFault: readonly Fault[];
  readonly require: readonly Requirement[];
  readonly quiet: number;
  readonly settleTimeout: number;
  readonly memory: number;
  /** Days. */
  readonly clockAhead?: number;
  /** GiB. */
  readonly disk?: number;
  readonly buffers?: number;
}

/** `airgap test BUNDLE`: the main job. Returns the exit code. */
export async function testCommand(bundlePath: string, options: TestOptions): Promise<ExitCode> {
  const screen = terminalScreen(options.json === true || options.dryRun === true);
  const read = async (
    profiles: readonly Profile[] | undefined,
  ): Promise<readonly [Inspected, ...Inspected[]]> =>
    await inspectAll(resolve(bundlePath), {
      ...(profiles === undefined ? {} : { profiles }),
      gatePath: options.gate === undefined ? null : resolve(options.gate),
      quietMs: options.quiet * 1000,
      settleTimeoutMs: options.settleTimeout * 1000,
      memoryMiB: options.memory,
      bufferFactor: options.buffers ?? 1,
      reboot: options.reboot === true,
      clockAheadMs: (options.clockAhead ?? 0) * DAY_MS,
      ...(options.disk === undefined ? {} : { diskMiB: options.disk * 1024 }),
    });
  const profiles = await read(options.profile);
  const [inspected] = profiles;
  const { bundle, plan } = inspected;
  if (options.dryRun === true) {
    const plans = profiles.map((one) => ({ provider: options.provider, ...one.plan }));
    process.stdout.write(`${JSON.stringify(plans.length === 1 ? plans[0] : plans, null, 2)}\n`);
    return EXIT.ready;
  }
  const id = runId(bundle.name);
  const outDir = options.out === undefined ? join(DEFAULT_OUT, id) : resolve(options.out);
  const k3s = options.k3s ?? process.env['AIRGAP_K3S'] ?? null;
  const nodeImage = options.nodeImage ?? (process.env['AIRGAP_NODE_IMAGE'] || null);
  const machine = await farMachineFor(options.provider);
  if (machine !== null) {
    return await testAtEngine({
      machine,
      bundlePath: resolve(bundlePath),
      profiles,
      k3s,
      standIn: options.standIn === true,
      nodeImage,
      keep: options.keep === true,
      outDir,
      say: (line) => screen.line(line),
    });
  }
  heedFarCommand();
  const providers = await findProviders(options.provider, {
    ...plan.needs,
    observers: requiredObservers(options.require, plan.observers),
  });
  await refuseFarLeg(providers);
  const legs = legsOf(providers, profiles);
  refuseExplain(options, legs);
  refuseKeep(options);
  using watcher = watchInterrupts(() => screen.line('still removing what this run made; please wait'));
  const { signal } = watcher;
  const settings: RunSettings = {
    screen,
    signal,
    assets: await readAssets(REPO_ROOT),
    k3s,
    standIn: options.standIn === true,
    nodeImage,
    cache: cacheRoot(process.env),
    faults: options.injectFault,
    keep: options.keep === true,
    grep: options.grep,
    reporter: options.reporter,
  };
  const shown = {
    columns: screen.columns,
    paint: (style: Parameters<Screen['paint']>[0], text: string) => screen.paint(style, text),
    folder: relative(process.cwd(), outDir) || '.',
  };
  const [provider] = providers;
  let result: Report | Comparison;
  if (provider !== undefined && legs.length === 1) {
    result = await runOnce(inspected, { id, outDir, provider }, settings);
    if (options.explain === true && result.verdict === 'not-ready' && !signal.aborted) {
      const inTrap = async (): Promise<Inspected> => (await read(['trap']))[0];
      result = await explainOnce(result, { id, outDir, provider }, inTrap, settings);
    }
    screen.line();
    screen.line(renderTerminal(result, shown));
  } else {
    result = await runSeveral(legs, { id, outDir }, settings);
    screen.line();
    screen.line(renderComparison(result, shown));
  }
  if (options.keep === true && result.verdict !== 'ready') {
    screen.line(
      'The site stays up. Get in: npm run airgap -- shell (or kubectl, logs); end it: npm run airgap -- down',
    );
  }
  if (options.json === true) process.stdout.write(renderJson(result));
  return signal.aborted ? EXIT.interrupted : exitCodeOfVerdict(result.verdict);
}

/** Explained is a run whose attempts have addresses alone: one, without a route. */
function refuseExplain({ explain, keep }: TestOptions, legs: readonly Leg[]): void {
  if (explain !== true) return;
  const [leg] = legs;
  if (legs.length === 1 && leg?.inspected.plan.profile === 'no-route' && keep !== true) return;
  throw new HarnessError('--explain explains one run, in profile no-route, whose site does not stay up', {
    code: 'usage',
    hint: 'name one provider, no other --profile and no --keep, or run with --profile no-route,trap',
  });
}

/** Namespaces of its own end with their first process, and what is in them. */
function refuseKeep({ keep }: TestOptions): void {
  if (keep !== true || rootless() === null) return;
  throw new HarnessError('--keep needs root: without it a site ends with the command that made it', {
    code: 'usage',
    hint: 'run as root (sudo npm ...), or without --keep: what was seen is in the results',
  });
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
