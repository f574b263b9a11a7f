// SPDX-License-Identifier: Apache-2.0
import { HarnessError } from '../core/errors.ts';

/**
 * Frames of the node agent's exec.sock: type (1 byte), length (4 bytes, big endian), payload.
 * infra/node-agent/frame.go is the other side.
 */
export const FRAME = {
  stdin: 0,
  stdinEnd: 1,
  signal: 2,
  resize: 3,
  stdout: 16,
  stderr: 17,
  exit: 18,
  error: 19,
  stdinAck: 20,
} as const;

const HEADER = 5;
/** The agent refuses larger ones. */
const MAX_PAYLOAD = 1 << 20;

export interface Frame {
  readonly type: number;
  readonly payload: Buffer;
}

/** What to run; the first line on the socket. */
export interface ExecRequest {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly tty: { readonly columns: number; readonly rows: number } | null;
  /** False: standard input is empty. */
  readonly stdin: boolean;
}

export function encodeFrame(type: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const frame = Buffer.allocUnsafe(HEADER + payload.length);
  frame.writeUInt8(type, 0);
  frame.writeUInt32BE(payload.length, 1);
  frame.set(payload, HEADER);
  return frame;
}

/** Cuts a byte stream into frames, whatever its chunks. */
export class FrameDecoder {
  #rest: Buffer = Buffer.alloc(0);

  /** Frames that are complete now. Throws HarnessError when the other side does not speak this protocol. */
  push(chunk: Buffer): Frame[] {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    let at = 0;
    while (data.length - at >= HEADER) {
      const length = data.readUInt32BE(at + 1);
      if (length > MAX_PAYLOAD) {
        throw new HarnessError(`the node's agent sent a frame of ${length} bytes: it is of another version`, {
          code: 'harness',
          hint: 'run: npm run setup',
        });
      }
      if (data.length - at < HEADER + length) break;
      frames.push({ type: data.readUInt8(at), payload: data.subarray(at + HEADER, at + HEADER + length) });
      at += HEADER + length;
    }
    this.#rest = data.subarray(at);
    return frames;
  }
}
