// SPDX-License-Identifier: Apache-2.0
import { EventEmitter } from 'node:events';
import pcap, { type Packet } from 'pcap-parser';
import { PcapGuard } from './pcap-guard.ts';

/** pcap-parser asks for a stream; this one hands on what it is given at once, in the caller's own call. */
class Feed extends EventEmitter {
  pause(): this {
    return this;
  }

  resume(): this {
    return this;
  }
}

/** Bytes of a capture in, packets out: pcap-parser behind its guard. */
export class PcapStream {
  readonly #guard: PcapGuard;
  readonly #feed = new Feed();

  /** @param onPacket called for each packet within `push`; its data is valid during the call */
  constructor(what: string, onPacket: (packet: Packet) => void) {
    this.#guard = new PcapGuard(what);
    pcap
      .parse(this.#feed)
      .on('packet', onPacket)
      .on('error', (error) => {
        throw error;
      });
  }

  /** Throws HarnessError when the bytes are no sound capture; nothing more may be pushed then. */
  push(chunk: Buffer): void {
    const sound = this.#guard.push(chunk);
    if (sound.length > 0) this.#feed.emit('data', sound);
  }

  /** Throws HarnessError when the capture was cut off. */
  end(): void {
    this.#guard.end();
  }
}
