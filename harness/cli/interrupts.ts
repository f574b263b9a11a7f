// SPDX-License-Identifier: Apache-2.0
import { passSignals } from './pass-signals.ts';

/** npm and the terminal may both send SIGINT for one Ctrl+C: within this time the second is the same one. */
const SAME_INTERRUPT_MS = 1000;

/**
 * SIGINT, SIGTERM and SIGHUP abort `signal`: the run ends in order and removes what it made. A second one is told to the
 * caller, who may stop waiting; teardown goes on either way.
 */
export function watchInterrupts(onSecond: () => void): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  let first = 0;
  const handle = (): void => {
    if (first === 0) {
      first = Date.now();
      controller.abort();
    } else if (Date.now() - first > SAME_INTERRUPT_MS) onSecond();
  };
  return { signal: controller.signal, ...passSignals(handle) };
}
