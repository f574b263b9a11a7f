// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { posix } from 'node:path';
import { quoted } from '../../core/printable.ts';
import { ByteReader } from './byte-reader.ts';
import type { Digested } from './layer-digest.ts';
import { type Member, readMember } from './member.ts';
import { readTar } from './tar-reader.ts';
import { unpackStream } from './unpack-stream.ts';

const READ_SIZE = 2 ** 20;
/** Bounds on what a hostile archive can make this program hold; real ones have hundreds of members. */
const MAX_MEMBERS = 100_000;
const MAX_DOCUMENTS = 64 * 2 ** 20;

/** Everything in a tar archive or a folder, by name. */
export interface ArchiveContent {
  readonly members: ReadonlyMap<string, Member>;
  /** Name => what it stands for: both of symlinks and hard links. */
  readonly links: ReadonlyMap<string, string>;
}

export interface ScannedArchive extends ArchiveContent {
  /** Of the file as it lies on disk. */
  readonly file: Digested;
}

/**
 * Reads an archive once from beginning to end, whatever it is compressed with, and digests every file in it. Memory does not depend on the
 * archive's size. Throws an Error that says what is wrong with it.
 */
export async function scanArchive(path: string): Promise<ScannedArchive> {
  const hash = createHash('sha256');
  let size = 0;
  const file = createReadStream(path, { highWaterMark: READ_SIZE });
  const digested = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of file as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  };
  const reader = new ByteReader(unpackStream(digested()));
  try {
    const content = await scanMembers(reader);
    return { file: { digest: `sha256:${hash.digest('hex')}`, size }, ...content };
  } finally {
    await reader.close();
    file.destroy();
  }
}

async function scanMembers(reader: ByteReader): Promise<ArchiveContent> {
  const members = new Map<string, Member>();
  const links = new Map<string, string>();
  let documents = 0;
  for await (const entry of readTar(reader)) {
    const name = memberName(entry.name);
    if (entry.type === 'folder') continue;
    if (members.size + links.size >= MAX_MEMBERS) throw new Error(`it has more than ${MAX_MEMBERS} members`);
    if (entry.type === 'file') {
      const member = await readMember(name, entry);
      documents += member.document?.length ?? 0;
      if (documents > MAX_DOCUMENTS) throw new Error('it holds more than 64 MiB of JSON documents');
      addOnce(members, links, name, member);
    } else {
      addLink(
        members,
        links,
        name,
        entry.type === 'symlink' ? posix.join(posix.dirname(name), entry.linkName) : entry.linkName,
      );
    }
  }
  return { members, links };
}

/** A name may come twice only with equal content: which of two a container runtime takes is nobody's promise. */
function addOnce(
  members: Map<string, Member>,
  links: ReadonlyMap<string, string>,
  name: string,
  member: Member,
): void {
  const before = members.get(name);
  if (links.has(name) || (before !== undefined && before.digest !== member.digest)) {
    throw new Error(`member ${quoted(name)} is in it twice with different content`);
  }
  members.set(name, member);
}

function addLink(
  members: ReadonlyMap<string, Member>,
  links: Map<string, string>,
  name: string,
  target: string,
): void {
  const to = memberName(target);
  if (members.has(name) || (links.has(name) && links.get(name) !== to)) {
    throw new Error(`member ${quoted(name)} is in it twice with different content`);
  }
  links.set(name, to);
}

/** The name without `./`; throws when it leads out of the archive. */
function memberName(name: string): string {
  const normal = posix.normalize(name).replace(/\/$/, '');
  if (posix.isAbsolute(name) || normal === '..' || normal.startsWith('../')) {
    throw new Error(`member ${quoted(name)} leads out of the archive`);
  }
  return normal;
}
