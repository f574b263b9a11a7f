// SPDX-License-Identifier: Apache-2.0
import { hasPorts } from '../protocols.ts';
import type { IpFrame } from './frame.ts';

export interface Transport {
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** What UDP or TCP carries. */
  readonly data?: Buffer;
}

/** Fragments whose first one is remembered. */
const REMEMBERED = 1024;
const UDP = 17;

/** Finds ports and content; later fragments get the ports of their first one. */
export class TransportReader {
  readonly #fragments = new Map<string, Transport>();

  read(frame: IpFrame): Transport {
    if (!hasPorts(frame.protocol)) return {};
    const { fragment } = frame;
    if (fragment?.isFirst === false) {
      const { sourcePort, destinationPort } = this.#fragments.get(fragment.id) ?? {};
      return sourcePort === undefined || destinationPort === undefined ? {} : { sourcePort, destinationPort };
    }
    const found = headerOf(frame);
    if (fragment !== undefined) {
      if (this.#fragments.size >= REMEMBERED) this.#fragments.clear();
      this.#fragments.set(fragment.id, found);
    }
    return found;
  }
}

function headerOf({ protocol, payload }: IpFrame): Transport {
  if (payload.length < 4) return {};
  const ports = { sourcePort: payload.readUInt16BE(0), destinationPort: payload.readUInt16BE(2) };
  if (protocol === UDP) return { ...ports, data: payload.subarray(8) };
  const header = ((payload[12] ?? 0) >> 4) * 4;
  return header < 20 ? ports : { ...ports, data: payload.subarray(header) };
}
