// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs';
import { extract } from 'tar-stream';
import type { Header } from 'tar-stream';

export interface ReadMember {
  readonly header: Header;
  readonly bytes: Buffer;
}

/** Members of a plain tar, in order, read by an independent reader. */
export async function readTar(path: string): Promise<Map<string, ReadMember>> {
  const members = new Map<string, ReadMember>();
  const reader = extract();
  createReadStream(path).pipe(reader);
  for await (const member of reader) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of member) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError('a tar member gave something that is no bytes');
      chunks.push(chunk);
    }
    members.set(member.header.name, { header: member.header, bytes: Buffer.concat(chunks) });
  }
  return members;
}
