// SPDX-License-Identifier: Apache-2.0
import type { ObserverId } from '../../core/events.ts';
import { hostRunner } from '../../core/runner.ts';
import type { ProviderId } from '../provider.ts';

/** Observers that are missing where a capability is. */
export interface Blinds {
  readonly providers: readonly ProviderId[];
  readonly observers: readonly ObserverId[];
}

/** Tries one thing on this machine. */
export interface Probe {
  readonly id: string;
  /** Providers that make no node without it; none: a run works without it. */
  readonly neededBy: readonly ProviderId[];
  /** What cannot be watched without it, on nodes of these providers: a run works, sees less, and says so. @default nothing */
  readonly blinds?: Blinds;
  /** What to do when it fails, unless it throws a LackError. */
  readonly remedy: string;
  /** What was found, in a few words; throws an error whose message is the reason when it is not there. */
  readonly attempt: () => Promise<string>;
}

/** A reason why something is not there that has a remedy of its own. */
export class LackError extends Error {
  readonly remedy: string;

  constructor(reason: string, remedy: string) {
    super(reason);
    this.remedy = remedy;
  }
}

/** Runs a script, with its arguments, in new namespaces, which take all it makes with them. Throws with what it said when it fails. */
export async function inNamespaces(
  namespaces: readonly string[],
  script: string,
  ...args: readonly string[]
): Promise<string> {
  const argv = ['unshare', ...namespaces, '--', 'bash', '-ec', script, 'bash', ...args];
  const result = await hostRunner.run(argv, { timeoutMs: 10_000 });
  if (result.exitCode === 0) return result.stdout.trim();
  throw new Error(result.stderr.trim().split('\n')[0] || `exit code ${result.exitCode}`);
}
