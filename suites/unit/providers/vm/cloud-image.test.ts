// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { readAnswer } from '../../../../harness/providers/vm/cloud-image/answer.ts';
import { type DiskImage, readDiskImage } from '../../../../harness/providers/vm/cloud-image/disk-image.ts';
import { preparationCommand } from '../../../../harness/providers/vm/cloud-image/preparation.ts';
import { seedFiles } from '../../../../harness/providers/vm/cloud-image/seed.ts';

async function read(content: Buffer): Promise<DiskImage | null> {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-disk-'));
  const path = join(dir.path, 'image');
  await writeFile(path, content);
  return await readDiskImage(path);
}

/** The first sector of a qcow2 of 2 GiB, with 4 or 8 bytes of it changed. */
function qcow(
  change: { readonly at: number; readonly word?: number; readonly long?: bigint } | null = null,
): Buffer {
  const header = Buffer.alloc(512);
  header.write('QFI\xfb', 'latin1');
  header.writeUInt32BE(3, 4);
  header.writeBigUInt64BE(2n ** 31n, 24);
  if (change?.word !== undefined) header.writeUInt32BE(change.word, change.at);
  if (change?.long !== undefined) header.writeBigUInt64BE(change.long, change.at);
  return header;
}

async function reasonAgainst(content: Buffer): Promise<string> {
  return await read(content).then(
    () => 'it was accepted',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

describe('a disk image', () => {
  it('is a qcow2, or a raw disk by its boot record', async () => {
    expect(await read(qcow())).to.deep.equal({ format: 'qcow2', bytes: 2 ** 31 });
    const raw = Buffer.alloc(4096);
    raw.writeUInt16LE(0xaa55, 510);
    expect(await read(raw)).to.deep.equal({ format: 'raw', bytes: 4096 });
  });

  it('is no other file: what is empty, short, or an archive', async () => {
    for (const other of [Buffer.alloc(0), Buffer.from('QFI\xfb', 'latin1'), Buffer.alloc(1024)]) {
      expect(await read(other)).to.equal(null);
    }
  });

  it('is refused when it names another file of this machine, is encrypted or of another version', async () => {
    expect(await reasonAgainst(qcow({ at: 8, long: 512n }))).to.contain('overlay of another file');
    expect(await reasonAgainst(qcow({ at: 72, long: 4n }))).to.contain('another file');
    expect(await reasonAgainst(qcow({ at: 32, word: 2 }))).to.contain('encrypted');
    expect(await reasonAgainst(qcow({ at: 4, word: 1 }))).to.contain('version 1');
  });
});

describe('what a cloud image says while it is prepared', () => {
  it('is read as a serial port delivers it', () => {
    const answer = readAnswer('PRETTY_NAME="Site Linux 3"\r\nprepared\r\n');
    expect(answer).to.deep.equal({ osRelease: 'PRETTY_NAME="Site Linux 3"', lacks: [], isPrepared: true });
  });

  it('is no success when something is missing or it was cut off', () => {
    const lacking = readAnswer('lacks sshd\r\nlacks the kernel module overlay\r\nprepared\r\n');
    expect(lacking.lacks).to.deep.equal(['sshd', 'the kernel module overlay']);
    expect(lacking.isPrepared).to.equal(false);
    expect(readAnswer('PRETTY_NAME=x\r\nprepar').isPrepared).to.equal(false);
    expect(readAnswer('').isPrepared).to.equal(false);
  });
});

describe('the machine that prepares a cloud image', () => {
  it('has no network card, and sees the seed by the name that cloud-init looks for', () => {
    const line = preparationCommand({ name: 'agr-123456-cloud', accelerator: 'tcg' }).join(' ');
    expect(line).to.contain('-nodefaults').and.to.contain('label=cidata,read-only=on');
    expect(line).to.not.match(/-netdev|-nic|-net |virtio-net|user,/);
  });

  it('is told to write what the harness has, grow the disk and run one script with all that a node needs', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-seed-'));
    await writeFile(join(dir.path, 'prepare.sh'), 'exit 0\n');
    const seed = await seedFiles(dir.path, ['runc', 'sh']);
    expect(Object.keys(seed)).to.have.members(['meta-data', 'network-config', 'user-data']);
    const text = seed['user-data'] ?? '';
    expect(text).to.match(/^#cloud-config\n/);
    const orders = parse(text) as { write_files: unknown[]; runcmd: string[][] };
    expect(orders.write_files).to.deep.equal([
      {
        path: '/run/airgap-prepare/prepare.sh',
        encoding: 'b64',
        content: Buffer.from('exit 0\n').toString('base64'),
        permissions: '0600',
      },
    ]);
    const [[shell, script, ...programs] = []] = orders.runcmd;
    expect([shell, script]).to.deep.equal(['sh', '/run/airgap-prepare/prepare.sh']);
    expect(programs).to.include.members(['runc', 'sh', 'sshd', 'tcpdump', 'ip']);
    await writeFile(join(dir.path, 'prepare.sh'), 'exit 1\n');
    expect(await seedFiles(dir.path, ['runc', 'sh'])).to.not.deep.equal(seed);
  });
});
