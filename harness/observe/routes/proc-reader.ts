// SPDX-License-Identifier: Apache-2.0
import { readFileSync, readlinkSync } from 'node:fs';

const MOST_ARGUMENTS = 40;
const MOST_CHARACTERS = 200;

/** What is still to be learnt of a task that lives. Each answers null when it is gone or may not be read. */
export interface ProcReader {
  exe(tid: number): string | null;
  argv(tid: number): readonly string[] | null;
  cgroup(tid: number): string | null;
}

/** Reads the /proc of the machine the harness runs on; for a vantage whose tasks have numbers there. */
export const localProc: ProcReader = {
  exe: (tid) => attempt(() => readlinkSync(`/proc/${tid}/exe`)),
  argv: (tid) => attempt(() => splitArguments(readFileSync(`/proc/${tid}/cmdline`))),
  cgroup: (tid) => attempt(() => readFileSync(`/proc/${tid}/cgroup`, 'utf8')),
};

/** For tasks of another machine. */
export const noProc: ProcReader = { exe: () => null, argv: () => null, cgroup: () => null };

/** The content of a cmdline file: at most 40 arguments of at most 200 characters, null when it is empty. */
export function splitArguments(cmdline: Buffer): readonly string[] | null {
  if (cmdline.length === 0) return null;
  return clipArguments(cmdline.toString('utf8').replace(/\0$/, '').split('\0'));
}

/** At most 40 arguments of at most 200 characters. */
export function clipArguments(all: readonly string[]): readonly string[] {
  return all.slice(0, MOST_ARGUMENTS).map((argument) => argument.slice(0, MOST_CHARACTERS));
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null; // gone: what the trace says of it is all there is
  }
}
