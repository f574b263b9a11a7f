// SPDX-License-Identifier: Apache-2.0
import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const DISK = 'disk.qcow2';
const FACTS = 'prepared.json';

const factsSchema = z.strictObject({ version: z.literal(1), key: z.string(), osRelease: z.string() });

/** A cloud image that has become a node's disk: its folder is read and never written to again. */
export interface PreparedImage {
  readonly folder: string;
  /** Whole in itself: the image that it was made of may go. */
  readonly disk: string;
  /** Changes with the image and all that was put into it. */
  readonly key: string;
  /** The line of its os-release that names it; empty: none. Untrusted. */
  readonly osRelease: string;
}

export const diskIn = (folder: string): string => join(folder, DISK);

/** Writes beside the disk what is known of it: with that the folder is whole. */
export async function describePrepared(folder: string, key: string, osRelease: string): Promise<void> {
  await writeFile(join(folder, FACTS), JSON.stringify({ version: 1, key, osRelease }));
}

/** The prepared image in a folder; null: there is none. Marks it as used: setup removes what nobody used for a month. */
export async function readPrepared(folder: string): Promise<PreparedImage | null> {
  const text = await readFile(join(folder, FACTS), 'utf8').catch(() => null);
  if (text === null) return null;
  const { key, osRelease } = factsSchema.parse(JSON.parse(text));
  const now = new Date();
  await utimes(folder, now, now);
  return { folder, disk: diskIn(folder), key, osRelease };
}
