// SPDX-License-Identifier: Apache-2.0

/** pcap-parser 0.2.1 has no types of its own; this is as much of it as is used here. */
declare module 'pcap-parser' {
  export interface PacketHeader {
    readonly timestampSeconds: number;
    readonly timestampMicroseconds: number;
    readonly capturedLength: number;
    readonly originalLength: number;
  }
  export interface Packet {
    readonly header: PacketHeader;
    readonly data: Buffer;
  }
  /** What it asks of a stream. */
  export interface Source {
    pause(): unknown;
    resume(): unknown;
    on(event: string, listener: (...args: unknown[]) => void): unknown;
  }
  export interface Parser {
    on(event: 'packet', listener: (packet: Packet) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    on(event: 'end', listener: () => void): this;
  }
  const pcap: { parse(source: Source): Parser };
  export default pcap;
}
