// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cacheRoot } from '../core/cache-root.ts';
import { readAssets } from '../core/assets.ts';
import { farEngine } from '../core/far-engine.ts';
import { HarnessError } from '../core/errors.ts';
import { EXIT, type ExitCode } from '../core/exit-codes.ts';
import { rootless } from '../core/rootless.ts';
import { gateFiles } from '../gate/gate-files.ts';
import type { FarMachine } from '../providers/container/far/machine.ts';
import type { ProviderId } from '../providers/provider.ts';
import type { Inspected } from '../run/inspect.ts';
import { chooseKubernetes } from '../run/kubernetes.ts';
import { passSignals } from './pass-signals.ts';
import { REPO_ROOT } from './repo.ts';

/** What the harness there is told of this terminal and of how it was called. */
const PASSED = [
  'BUNDLE',
  'CI',
  'NO_COLOR',
  'FORCE_COLOR',
  'TERM',
  'AIRGAP_DEBUG',
  'AIRGAP_K3S',
  'AIRGAP_NODE_IMAGE',
];

/** The machine of the engine, where the run is for containers alone and that is not this machine; else null. */
export async function farMachineFor(providers: readonly ProviderId[] | 'auto'): Promise<FarMachine | null> {
  if (providers === 'auto' || providers.length !== 1 || providers[0] !== 'container') return null;
  return await findFarMachine();
}

/** Throws HarnessError (usage) for a run on this machine that has a leg with an engine on another one. */
export async function refuseFarLeg(providers: readonly { readonly id: ProviderId }[]): Promise<void> {
  const machine = providers.some(({ id }) => id === 'container') ? await findFarMachine() : null;
  if (machine === null) return;
  throw new HarnessError(`the container engine at ${machine.host} is on another machine (${machine.name})`, {
    code: 'usage',
    hint: 'name it alone: with --provider container the whole run takes place there',
  });
}

async function findFarMachine(): Promise<FarMachine | null> {
  const { farMachine } = await import('../providers/container/far/machine.ts'); // its library is large
  return await farMachine();
}

export interface FarTest {
  readonly machine: FarMachine;
  /** Absolute. */
  readonly bundlePath: string;
  readonly profiles: readonly [Inspected, ...Inspected[]];
  readonly k3s: string | null;
  readonly standIn: boolean;
  readonly nodeImage: string | null;
  readonly keep: boolean;
  /** Absolute. */
  readonly outDir: string;
  readonly say: (line: string) => void;
}

/**
 * The same command in a container beside an engine on another machine (ADR 21); its lines come here, and its results.
 *
 * @returns its exit code
 * @throws HarnessError
 */
export async function testAtEngine(test: FarTest): Promise<ExitCode> {
  const { machine, bundlePath, profiles, k3s, standIn, nodeImage, outDir } = test;
  if (test.keep) {
    throw new HarnessError(`--keep needs an engine of this machine; ${machine.host} is on ${machine.name}`, {
      code: 'usage',
      hint: 'run without --keep (what was seen is in the results), or on that machine',
    });
  }
  if (rootless() !== null) {
    throw new HarnessError(
      `an engine on another machine (${machine.name}) is used as root, who may read what setup made`,
      { code: 'setup', hint: 'run as root (sudo npm ...), or with --provider vm' },
    );
  }
  if (existsSync(outDir)) {
    throw new HarnessError(`the folder "${outDir}" for the results exists`, {
      code: 'usage',
      hint: 'give another folder with --out',
    });
  }
  const assets = await readAssets(REPO_ROOT);
  const [{ bundle }] = profiles;
  const { binary, platformArchives, installer } = await chooseKubernetes(bundle, { k3s, standIn, assets });
  const named = [
    bundlePath,
    ...profiles.flatMap(({ gate }) => gateFiles(gate)),
    binary,
    ...platformArchives,
    installer,
    nodeImage === null ? null : resolve(nodeImage), // does not exist where it is an image of the engine
    join(cacheRoot(process.env), 'k3s-contract'),
  ].filter((path): path is string => path !== null && existsSync(path));
  // A link, and what it leads to.
  const files = [...named, ...(await Promise.all(named.map(async (path) => await realpath(path))))];
  const { runAtEngine } = await import('../providers/container/far/run-at-engine.ts');
  const interrupt = new AbortController();
  let pass: (signal: NodeJS.Signals) => void = () => interrupt.abort();
  using _ = passSignals((signal) => pass(signal));
  const code = await runAtEngine({
    machine,
    repoRoot: REPO_ROOT,
    assets,
    files,
    args: [...process.argv.slice(2), '--provider', 'container', '--out', outDir],
    env: environment(),
    outDir,
    stdout: process.stdout,
    stderr: process.stderr,
    say: test.say,
    interrupted: interrupt.signal,
    onStart(signal) {
      pass = signal;
    },
  });
  const known = Object.values(EXIT).find((one) => one === code);
  const isVerdict = known === EXIT.ready || known === EXIT.notReady;
  if (known !== undefined && (!isVerdict || existsSync(join(outDir, 'report.json')))) return known;
  throw new HarnessError(`the harness on ${machine.name} ended with exit code ${code}, and left no verdict`, {
    code: 'harness',
    hint: 'was it killed there, or was its memory full? what it said is above',
  });
}

function environment(): Record<string, string> {
  const passed = PASSED.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const color = process.stdout.isTTY && process.env['NO_COLOR'] === undefined ? { FORCE_COLOR: '1' } : {};
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    AIRGAP_CACHE: cacheRoot(process.env),
    ...color,
    ...Object.fromEntries(passed),
  };
}

/** In there: ends this command in order when the one outside, which holds its standard input, is gone. */
export function heedFarCommand(): void {
  if (farEngine() === null) return;
  process.stdin.once('end', () => process.kill(process.pid, 'SIGTERM')).resume();
}
