// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import type { Header, Pack } from 'tar-stream';

/** A member of a tar archive: its header and where its bytes come from. */
export interface TarMember {
  readonly name: string;
  readonly type: 'file' | 'directory' | 'symlink';
  readonly mode: number;
  readonly linkTo?: string;
  readonly content?: string | Uint8Array;
  /** A file of this machine, streamed. */
  readonly from?: string;
}

/** Packs members in the order given: owner 0:0, time zero, so that equal members give equal bytes. */
export function packTar(members: readonly TarMember[]): Readable {
  const archive = pack();
  const fill = async (): Promise<void> => {
    for (const member of members) {
      if (member.from === undefined) await addBytes(archive, member);
      else await addFile(archive, member, member.from);
    }
    archive.finalize();
  };
  fill().catch((error: unknown) =>
    archive.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return Readable.from(archive);
}

type EntryHeader = Partial<Header> & Pick<Header, 'name'>;

function headerOf(member: TarMember, size: number): EntryHeader {
  return {
    name: member.name,
    type: member.type,
    mode: member.mode,
    mtime: new Date(0),
    uid: 0,
    gid: 0,
    size,
    ...(member.linkTo === undefined ? {} : { linkname: member.linkTo }),
  };
}

async function addBytes(archive: Pack, member: TarMember): Promise<void> {
  const bytes = Buffer.from(member.content ?? '');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const done = (error?: Error | null): void => {
    if (error) reject(error);
    else resolve();
  };
  if (member.type === 'file') archive.entry(headerOf(member, bytes.length), bytes, done);
  else archive.entry(headerOf(member, 0), done);
  await promise;
}

/** Fails when the file's length changes meanwhile: tar-stream refuses an entry of another size than its header. */
async function addFile(archive: Pack, member: TarMember, path: string): Promise<void> {
  const entry = archive.entry(headerOf(member, (await stat(path)).size));
  await pipeline(createReadStream(path), entry);
}
