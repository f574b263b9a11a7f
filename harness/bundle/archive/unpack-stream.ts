// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { hostRunner } from '../../core/runner.ts';
import { BombGuard } from './bomb-guard.ts';
import { ByteReader } from './byte-reader.ts';
import { compressionOf, MAGIC_LENGTH } from './compression.ts';
import { decompressor, trailingReason, unpackReason } from './decompressor.ts';
import { ZstdFrames } from './zstd-frames.ts';

/**
 * The plain bytes of a stream, however it is compressed. gzip and zstd are unpacked here; bzip2 and lz4, which K3s reads as well, by the
 * programs of these names. Throws an Error that says what is wrong with the data, or which program is missing.
 */
export async function* unpackStream(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  const head = await reader.exactly(MAGIC_LENGTH);
  const compression = compressionOf(head);
  const whole = rejoin(head, reader);
  switch (compression) {
    case 'none':
      yield* whole;
      return;
    case 'gzip':
    case 'zstd':
      yield* unpackHere(whole, compression);
      return;
    case 'bzip2':
    case 'lz4':
      yield* unpackByProgram(whole, compression);
      return;
    case 'xz':
      throw new Error('it is compressed with xz, which K3s does not import; compress it with zstd or gzip');
  }
}

async function* rejoin(head: Buffer, reader: ByteReader): AsyncGenerator<Buffer> {
  try {
    yield head;
    for (let next = await reader.some(Infinity); next !== null; next = await reader.some(Infinity))
      yield next;
  } finally {
    await reader.close();
  }
}

async function* unpackHere(
  source: AsyncIterable<Buffer>,
  compression: 'gzip' | 'zstd',
): AsyncGenerator<Buffer> {
  const guard = new BombGuard();
  const stage = decompressor(compression);
  const frames = compression === 'zstd' ? new ZstdFrames() : null;
  let packed = 0;
  let sourceError: Error | undefined;
  const counted = async function* (): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of source) {
        packed += chunk.length;
        guard.packed(chunk.length);
        frames?.push(chunk);
        yield chunk;
      }
    } catch (error) {
      sourceError = error instanceof Error ? error : new Error(String(error));
      throw sourceError;
    }
  };
  const fed = pipeline(Readable.from(counted(), { objectMode: false }), stage);
  fed.catch(() => {}); // the loop below meets the same error
  try {
    for await (const chunk of stage as AsyncIterable<Buffer>) {
      guard.unpacked(chunk.length);
      yield chunk;
    }
    await fed;
    if (compression === 'gzip' && stage.bytesWritten < packed) throw new Error(trailingReason(compression));
    if (frames?.atFrameEnd === false) throw new Error('its zstd data is cut off');
  } catch (error) {
    if (sourceError !== undefined) throw sourceError;
    if (error instanceof Error && 'code' in error)
      throw new Error(unpackReason(compression, error), { cause: error });
    throw error;
  }
}

async function* unpackByProgram(
  source: AsyncIterable<Buffer>,
  program: 'bzip2' | 'lz4',
): AsyncGenerator<Buffer> {
  await using child = hostRunner.spawn([program, '-dc']);
  const guard = new BombGuard();
  let said = '';
  child.stderr.on('data', (chunk: unknown) => (said += String(chunk)));
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      guard.packed(chunk.length);
      yield chunk;
    }
  };
  const fed = pipeline(counted, child.stdin);
  fed.catch(() => {}); // a program that ends early breaks the pipe: its exit code tells
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    guard.unpacked(chunk.length);
    yield chunk;
  }
  const { exitCode } = await child.ended;
  if (exitCode === 127) {
    throw new Error(
      `it is compressed with ${program}, and the program ${program} that could unpack it is not installed`,
    );
  }
  if (exitCode !== 0)
    throw new Error(`its ${program} data is damaged or cut off: ${reasonIn(said, program)}`);
  await fed;
}

/** The first line a program said, without its own name. */
function reasonIn(stderr: string, program: string): string {
  const line = stderr.split('\n').find((text) => text.trim() !== '') ?? `${program} gave no reason`;
  return line.trim().replace(/^\S+: /, '');
}
