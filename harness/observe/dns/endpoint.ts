// SPDX-License-Identifier: Apache-2.0

export interface Place {
  readonly address: string;
  readonly port: number;
}

/** Takes a DNS message; returns the answer, null for none. */
export type Answerer = (query: Buffer, transport: 'udp' | 'tcp', from: Place) => Buffer | null;

/** One address of the fake DNS over one transport. */
export interface DnsEndpoint {
  /** Resolves when what had arrived before the call has been answered. */
  caughtUp(): Promise<void>;
  close(): void;
}
