// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { availableParallelism, release, totalmem } from 'node:os';
import type { Environment } from '../core/events.ts';
import { farEngine } from '../core/far-engine.ts';

/** The machine the run stands on, for the report. */
export function describeHost(): Environment['host'] {
  const os = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  return {
    kernel: release(),
    os: farEngine()?.os ?? os ?? 'unknown',
    cpus: availableParallelism(),
    memoryMiB: Math.round(totalmem() / 2 ** 20),
  };
}
