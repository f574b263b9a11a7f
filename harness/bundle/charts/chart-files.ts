// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { quoted } from '../../core/printable.ts';
import { ByteReader } from '../archive/byte-reader.ts';
import { compressionOf, MAGIC_LENGTH } from '../archive/compression.ts';
import { readTar, type TarEntry } from '../archive/tar-reader.ts';
import { unpackStream } from '../archive/unpack-stream.ts';
import type { Inside } from '../inside.ts';

/** helm refuses a packed chart that unpacks to more (helm v4.3.1, pkg/chart/loader/archive, MaxDecompressedChartSize). */
export const MAX_CHART_BYTES = 100 * 2 ** 20;
/** Charts have some hundred files; more is an attack on memory. */
const MAX_FILES = 20_000;

/** The files of a chart by their path below its folder. */
export type ChartFiles = ReadonlyMap<string, Buffer>;

/** How much the charts of one chart may still unpack to, nested ones together. */
export class ChartBudget {
  #bytes = MAX_CHART_BYTES;

  /** Throws an Error when the chart is larger than helm takes. */
  spend(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#bytes < 0) throw new Error('it unpacks to more than 100 MiB, which helm refuses');
  }
}

/**
 * The files of a packed chart: a tar compressed with gzip, in which everything lies in one folder. Held to what helm's own loader accepts.
 * Throws an Error that says what is wrong with it.
 */
export async function unpackChart(bytes: Buffer, budget: ChartBudget): Promise<ChartFiles> {
  if (compressionOf(bytes.subarray(0, MAGIC_LENGTH)) !== 'gzip')
    throw new Error('it is not compressed with gzip, as a packed chart is');
  const reader = new ByteReader(unpackStream(Readable.from([bytes])));
  const files = new Map<string, Buffer>();
  try {
    for await (const entry of readTar(reader)) {
      if (entry.type === 'folder') continue;
      const name = nameInChart(entry.name);
      if (entry.type !== 'file')
        throw new Error(`${quoted(entry.name)} is a ${entry.type}; helm packs only files`);
      if (files.has(name)) throw new Error(`${quoted(entry.name)} is in it twice`);
      if (files.size >= MAX_FILES) throw new Error(`it has more than ${MAX_FILES} files`);
      files.set(name, await contentOf(entry, budget));
    }
  } finally {
    await reader.close();
  }
  return files;
}

/** The files of a chart's folder. Throws an Error of the system when one cannot be read, or when they are more than helm takes. */
export async function readChartFolder(folder: string, files: readonly Inside[]): Promise<ChartFiles> {
  const budget = new ChartBudget();
  const read = new Map<string, Buffer>();
  for (const { path, file, size } of files) {
    budget.spend(size);
    read.set(posix.relative(folder, file), await readFile(path));
  }
  return read;
}

/** The path below the chart's one folder, as helm takes it; throws where helm refuses it. */
function nameInChart(written: string): string {
  const [top = '', ...rest] = posix.normalize(written).split('/');
  if (posix.isAbsolute(written) || top === '..') throw new Error(`${quoted(written)} leads out of the chart`);
  if (rest.length === 0) throw new Error(`${quoted(written)} does not lie in the chart's folder`);
  return rest.join('/');
}

async function contentOf(entry: TarEntry, budget: ChartBudget): Promise<Buffer> {
  budget.spend(entry.size);
  const parts: Buffer[] = [];
  for (let part = await entry.read(); part !== null; part = await entry.read()) parts.push(part);
  return Buffer.concat(parts);
}
