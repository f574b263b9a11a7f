// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { reasonOf } from '../core/errors.ts';
import type { ContractState } from '../core/events.ts';

/** What states the contract, one promise a test. */
export const CONTRACT_SUITE = resolve(import.meta.dirname, '../../suites/integration/k3s-contract');

const recordSchema = z.strictObject({
  version: z.literal(1),
  /** sha256 of the K3s binary that passed, hex. */
  sha256: z.string(),
  /** First line of its --version. */
  k3s: z.string(),
  /** ISO 8601. */
  passedAt: z.string(),
  /** How many tests passed: all there were. */
  tests: z.number().int().positive(),
  /** `suiteKey` of the suite that it passed. */
  suite: z.string(),
});

/** That one K3s binary passed the whole contract suite on this machine. */
export type ContractRecord = z.infer<typeof recordSchema>;

/** By the binary's content: the same K3s elsewhere is the same, another at the same place is not. */
const fileOf = (cache: string, sha256: string): string => join(cache, 'k3s-contract', `${sha256}.json`);

/** Keeps the record in the cache, whole or not at all; one of the same binary is replaced. */
export async function writeContractRecord(cache: string, record: ContractRecord): Promise<void> {
  const file = fileOf(cache, record.sha256);
  await mkdir(dirname(file), { recursive: true });
  const beside = `${file}.${process.pid}`;
  await writeFile(beside, `${JSON.stringify(record, null, 2)}\n`);
  await rename(beside, file);
}

/**
 * Whether this K3s binary has passed the contract suite as it is now. Never throws: what cannot be found out is unverified, and
 * `contractNote` says why.
 * @param cache folder of the cache
 */
export async function contractState(
  binary: string,
  cache: string,
  suite: string = CONTRACT_SUITE,
): Promise<ContractState> {
  try {
    const text = await readFile(fileOf(cache, await sha256Of(binary)), 'utf8').catch(() => null);
    if (text === null) return unverified('it has not passed the contract suite on this machine');
    const record = recordSchema.parse(JSON.parse(text));
    const day = record.passedAt.slice(0, 10);
    return record.suite === (await suiteKey(suite))
      ? { contract: 'passed', contractNote: `${record.tests} tests on ${day}` }
      : unverified(`it passed another version of the contract suite, on ${day}`);
  } catch (error) {
    return unverified(`it cannot be told: ${reasonOf(error)}`);
  }
}

const unverified = (contractNote: string): ContractState => ({ contract: 'unverified', contractNote });

/** sha256 of a file, hex. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 2 ** 20 }), hash);
  return hash.digest('hex');
}

/** Changes with any of the suite's programs: who passed an older contract has not passed this one. */
export async function suiteKey(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts')).toSorted();
  for (const name of names) hash.update(`${name}\0${await sha256Of(join(folder, name))}\n`);
  return hash.digest('hex').slice(0, 16);
}
