// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunningObserver } from '../../core/observer.ts';
import { InsideAddresses } from '../../core/inside-addresses.ts';
import { tcpdumpCommand } from '../../core/tcpdump-command.ts';
import { outgoingFilter } from './capture-filter.ts';
import type { CaptureOptions } from './capture-options.ts';
import { CaptureObserver } from './capture-observer.ts';
import { CaptureRecorder } from './capture-recorder.ts';

/** A witness sees nothing; the others must not lose a storm (930k packets/s without loss, measured). In KiB. */
const BUFFER_KIB = { link: 65_536, cni: 65_536, witness: 4096 } as const;

export type { CaptureOptions } from './capture-options.ts';

/**
 * A packet capture: kept as `capture/<id>.pcap` of the run folder, and decoded while it runs. Resolves when every packet
 * from now on is captured; for a device that does not exist yet (cni0, which the first pod brings), when it waits for it.
 * Throws HarnessError (`setup`) when tcpdump cannot capture there.
 */
export async function startCapture(options: CaptureOptions): Promise<RunningObserver> {
  const { id, outDir, inside, turn = 1, bufferFactor = 1 } = options;
  const file = join('capture', turn === 1 ? `${id}.pcap` : `${id}-${turn}.pcap`);
  await mkdir(join(outDir, 'capture'), { recursive: true });
  const isWitness = id === 'witness';
  const recorder = new CaptureRecorder({
    ...options,
    file,
    inside: isWitness ? null : new InsideAddresses(inside),
  });
  const args = [
    `--interface=${options.device}`,
    '-n',
    '--snapshot-length=1024',
    `--buffer-size=${BUFFER_KIB[id] * bufferFactor}`,
    // Without it a packet may wait a second in the kernel, and is lost when tcpdump is told to end then.
    '--immediate-mode',
    '--packet-buffered',
    '-w',
    '-',
    ...(isWitness ? [] : [outgoingFilter(inside)]),
  ];
  const tcpdump = options.vantage.isLocal ? tcpdumpCommand(args) : ['tcpdump', ...args];
  const observer = new CaptureObserver({ options, recorder, tcpdump, path: join(outDir, file) });
  if (id === 'cni') await observer.startWhenThere();
  else await observer.start();
  return observer;
}
