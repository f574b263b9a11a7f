// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { pack } from 'tar-stream';
import { ByteReader } from '../../../../harness/bundle/archive/byte-reader.ts';
import { readTar } from '../../../../harness/bundle/archive/tar-reader.ts';
import { paxHeader, type RawMember, rawMembers, rawTar, TAR_END } from '../support/raw-tar.ts';

/** All entries as `type name [-> link] content`. Chunks of 100 bytes, so that every seam falls somewhere. */
async function read(bytes: Buffer, chunk = 100): Promise<string[]> {
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, i) =>
    bytes.subarray(i * chunk, (i + 1) * chunk),
  );
  const entries: string[] = [];
  for await (const entry of readTar(new ByteReader(Readable.from(chunks)))) {
    let content = '';
    for (let part = await entry.read(); part !== null; part = await entry.read()) content += part.toString();
    entries.push(
      `${entry.type} ${entry.name}${entry.linkName === '' ? '' : ` -> ${entry.linkName}`} ${content}`,
    );
  }
  return entries;
}

async function reason(bytes: Buffer): Promise<string> {
  return await read(bytes).then(
    (entries) => `accepted: ${entries.join(', ')}`,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

const long = `${'d'.repeat(90)}/${'n'.repeat(60)}`;

describe('the tar reader', () => {
  it('reads files, folders, links, long names of both kinds, prefixes, base-256 sizes and archives from before POSIX', async () => {
    const members: RawMember[] = [
      { name: 'a', content: 'x'.repeat(513) },
      { name: 'empty' },
      { name: 'folder', flag: '5' },
      { name: 'old/', magic: '\0\0\0\0\0\0\0\0' },
      { name: 'soft', flag: '2', linkName: 'a' },
      { name: 'hard', flag: '1', linkName: 'a', size: 513 },
      { name: '././@LongLink', flag: 'L', content: `${long}\0`, magic: 'ustar  \0' },
      { name: 'cut', content: 'gnu', magic: 'ustar  \0' },
      { name: '././@LongLink', flag: 'K', content: `${long}\0`, magic: 'ustar  \0' },
      { name: 'soft2', flag: '2', linkName: 'cut', magic: 'ustar  \0' },
      paxHeader({ path: long, size: '3', mtime: '1.5' }),
      { name: 'cut', content: 'pax' },
      { name: 'file', prefix: 'in/prefix', content: 'p' },
      { name: 'big', content: 'b', base256: true },
      { name: 'contiguous', flag: '7', content: 'c' },
      { name: 'nul', flag: '\0', content: 'n' },
    ];
    expect(await read(rawTar(members))).to.deep.equal([
      `file a ${'x'.repeat(513)}`,
      'file empty ',
      'folder folder ',
      'folder old/ ',
      'symlink soft -> a ',
      'hard link hard -> a ',
      `file ${long} gnu`,
      `symlink soft2 -> ${long} `,
      `file ${long} pax`,
      'file in/prefix/file p',
      'file big b',
      'file contiguous c',
      'file nul n',
    ]);
  });

  it('skips what nobody reads', async () => {
    const reader = new ByteReader(
      Readable.from([rawTar([{ name: 'a', content: 'x'.repeat(5000) }, { name: 'b' }])]),
    );
    const names: string[] = [];
    for await (const { name } of readTar(reader)) names.push(name);
    expect(names).to.deep.equal(['a', 'b']);
  });

  it('agrees with tar-stream and with GNU tar about their own archives', async () => {
    const packer = pack();
    packer.entry({ name: long, mtime: new Date(0) }, 'streamed');
    packer.entry({ name: 'é/ü', mtime: new Date(0) }, 'utf');
    packer.finalize();
    expect(await read(Buffer.concat(await Array.fromAsync(packer as AsyncIterable<Buffer>)))).to.deep.equal([
      `file ${long} streamed`,
      'file é/ü utf',
    ]);

    using folder = mkdtempDisposableSync(join(tmpdir(), 'airgap-tar-'));
    mkdirSync(join(folder.path, long.split('/')[0] ?? ''));
    writeFileSync(join(folder.path, long), 'made by tar');
    for (const format of ['gnu', 'pax', 'ustar']) {
      const made = execFileSync('tar', ['-C', folder.path, `--format=${format}`, '-cf', '-', long]);
      expect(await read(made), format).to.deep.equal([`file ${long} made by tar`]);
    }
  });

  const whole = rawTar([{ name: 'a', content: 'x'.repeat(600) }, { name: 'b' }]);
  const refused: readonly { readonly what: string; readonly bytes: Buffer; readonly says: string }[] = [
    { what: 'no tar at all', bytes: Buffer.from('x'.repeat(2048)), says: 'it is no tar archive' },
    {
      what: 'a header cut off',
      bytes: whole.subarray(0, 1600),
      says: 'it is cut off before the two empty blocks that end a tar archive, at byte 1600 of the plain archive',
    },
    {
      what: 'content cut off',
      bytes: whole.subarray(0, 700),
      says: 'it is cut off in the content of "a", at byte 700 of the plain archive',
    },
    {
      what: 'padding cut off',
      bytes: whole.subarray(0, 1200),
      says: 'it is cut off after the content of an entry, at byte 1200 of the plain archive',
    },
    {
      what: 'an archive cut off exactly between two entries',
      bytes: whole.subarray(0, 1536),
      says: 'it is cut off before the two empty blocks that end a tar archive, at byte 1536 of the plain archive',
    },
    {
      what: 'an archive without its end',
      bytes: whole.subarray(0, whole.length - 1024),
      says: 'it is cut off before the two empty blocks that end a tar archive, at byte 2048 of the plain archive',
    },
    {
      what: 'half an end',
      bytes: whole.subarray(0, whole.length - 512),
      says: 'it is cut off within the two empty blocks that end a tar archive, at byte 2560 of the plain archive',
    },
    {
      what: 'two archives one after the other',
      bytes: Buffer.concat([whole, whole]),
      says: 'data follows the end of its tar archive, where K3s would not see it (were two archives joined?)',
    },
    {
      what: 'a single empty block before more entries',
      bytes: Buffer.concat([rawMembers([{ name: 'a' }]), Buffer.alloc(512), whole]),
      says: 'data follows the end of its tar archive, where K3s would not see it (were two archives joined?)',
    },
    {
      what: 'a wrong checksum',
      bytes: rawTar([{ name: 'a' }, { name: 'b', badChecksum: true }]),
      says: 'a tar header has a wrong checksum',
    },
    { what: 'a device', bytes: rawTar([{ name: 'd', flag: '4' }]), says: 'entry "d" is a block device' },
    { what: 'a sparse file', bytes: rawTar([{ name: 's', flag: 'S' }]), says: 'entry "s" is a sparse file' },
    {
      what: 'a sparse file of the pax kind',
      bytes: rawTar([paxHeader({ 'GNU.sparse.major': '1' }), { name: 's' }]),
      says: 'entry "s" is a sparse file',
    },
    {
      what: 'an unknown type',
      bytes: rawTar([{ name: 'u', flag: 'Z' }]),
      says: 'entry "u" is of the unknown type "Z"',
    },
    {
      what: 'a long name without end',
      bytes: rawTar([{ name: 'l', flag: 'L', size: 2 ** 21 }]),
      says: 'a tar extended header claims 2097152 bytes',
    },
    {
      what: 'a malformed pax record',
      bytes: rawTar([{ name: 'p', flag: 'x', content: '99 path=a\n' }, { name: 'a' }]),
      says: 'a tar extended header is malformed',
    },
    {
      what: 'a pax size that is no number',
      bytes: rawTar([paxHeader({ size: 'NaN' }), { name: 'a' }]),
      says: 'a tar header has an impossible size',
    },
    {
      what: 'a size that no file has',
      bytes: rawTar([{ name: 'a', size: Number.MAX_SAFE_INTEGER + 1, base256: true }]),
      says: 'a tar header has an impossible size',
    },
  ];
  for (const { what, bytes, says } of refused) {
    it(`refuses ${what}`, async () => {
      expect(await reason(bytes)).to.equal(says);
    });
  }

  it('accepts the zeros with which GNU tar fills its last record', async () => {
    expect(
      await read(Buffer.concat([rawMembers([{ name: 'a', content: '1' }]), TAR_END, Buffer.alloc(9 * 512)])),
    ).to.deep.equal(['file a 1']);
  });
});
