// SPDX-License-Identifier: Apache-2.0

/** Exit codes of the command line (documented in README, "Exit codes"). */
export const EXIT = { ready: 0, notReady: 1, badInput: 2, inconclusive: 3, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
