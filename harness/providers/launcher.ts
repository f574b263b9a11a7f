// SPDX-License-Identifier: Apache-2.0
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningCommand } from '../core/command.ts';
import { HarnessError } from '../core/errors.ts';
import type { ProcessIdentity } from './processes.ts';

/** Milliseconds; a boot takes a tenth of a second. */
export const BOOT_LIMIT = 20_000;

/** The process from which everything in a node descends. */
export interface Launcher {
  readonly identity: ProcessIdentity;
  /** Lets it go on; resolves when the node's agent listens. Throws HarnessError with what it said when it fails. */
  go(): Promise<void>;
  /** Ends the node at once and waits until no process of it is left. */
  kill(): Promise<void>;
}

/** What a launcher says. */
export interface LauncherSpeech {
  /** Its next line; throws `failure` when there is none in time. */
  line(limitMs: number): Promise<string>;
  /** Why the node did not start, in its own words. */
  failure(): HarnessError;
}

/** Hears a launcher of that node: lines on standard output, reasons on standard error. */
export function launcherSpeech(
  child: Pick<RunningCommand, 'stdout' | 'stderr' | 'ended'>,
  node: string,
): LauncherSpeech {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  const failure = (reason = errors.trim() || 'it ended without a word'): HarnessError =>
    new HarnessError(`node "${node}" did not start: ${reason}`, {
      code: 'harness',
      hint: 'run: npm run airgap -- doctor',
    });
  return {
    failure: () => failure(),
    async line(limitMs) {
      const timer = new AbortController();
      const late = sleep(limitMs, 'late' as const, { signal: timer.signal }).catch(() => 'late' as const);
      const next = await Promise.race([lines.next(), late]);
      timer.abort();
      if (next === 'late') throw failure(`no answer for ${limitMs / 1000} s ${errors.trim()}`);
      if (next.done === true) {
        await child.ended; // its reasons have been read then
        throw failure();
      }
      return next.value;
    },
  };
}
