// SPDX-License-Identifier: Apache-2.0

/** What ends a command in order. */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Gives them to another process that does the work, until disposed. */
export function passSignals(pass: (signal: NodeJS.Signals) => void): Disposable {
  for (const name of SIGNALS) process.on(name, pass);
  return {
    [Symbol.dispose]() {
      for (const name of SIGNALS) process.off(name, pass);
    },
  };
}
