// SPDX-License-Identifier: Apache-2.0
import { EventEmitter } from 'node:events';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pcap from 'pcap-parser';
import { PcapStream } from '../../harness/observe/capture/pcap-stream.ts';
import { ipv4, pcapOf } from '../unit/observe/capture/frames.ts';

const PACKETS = 500_000;
const CHUNK = 65_536;

export interface CaptureReading {
  readonly guarded: number[];
  readonly bare: number[];
  /** Null where this machine has none. */
  readonly tshark: number | null;
}

/** Milliseconds to read one generated capture: behind the guard, by pcap-parser alone, by tshark. */
export async function measureCaptureReading(dir: string, turns: number): Promise<CaptureReading> {
  const frame = ipv4('10.42.0.5', '203.0.113.9', 6, Buffer.alloc(60));
  const bytes = pcapOf(Array.from({ length: PACKETS }, () => frame));
  const guarded: number[] = [];
  const bare: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    guarded.push(timed(bytes, behindGuard));
    bare.push(timed(bytes, parserAlone));
  }
  const path = join(dir, 'storm.pcap');
  await writeFile(path, bytes);
  const began = performance.now();
  const read = promisify(execFile)('tshark', ['-r', path, '-T', 'fields', '-e', 'ip.dst'], {
    maxBuffer: 2 ** 28,
  });
  const tshark = await read.then(
    () => performance.now() - began,
    () => null,
  );
  return { guarded, bare, tshark };
}

type Reader = (onPacket: () => void) => (chunk: Buffer) => void;

const behindGuard: Reader = (onPacket) => {
  const stream = new PcapStream('bench', onPacket);
  return (chunk) => stream.push(chunk);
};

const parserAlone: Reader = (onPacket) => {
  const feed = Object.assign(new EventEmitter(), { pause: () => feed, resume: () => feed });
  pcap.parse(feed).on('packet', onPacket);
  return (chunk) => void feed.emit('data', chunk);
};

function timed(bytes: Buffer, reader: Reader): number {
  let packets = 0;
  const push = reader(() => {
    packets += 1;
  });
  const began = performance.now();
  for (let at = 0; at < bytes.length; at += CHUNK) push(bytes.subarray(at, at + CHUNK));
  const took = performance.now() - began;
  if (packets !== PACKETS) throw new Error(`${packets} packets of ${PACKETS} were read`);
  return took;
}
