// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';

/** A file that holds a disk with a boot loader, as clouds publish them. */
export interface DiskImage {
  readonly format: 'qcow2' | 'raw';
  /** Size of the disk, in bytes. */
  readonly bytes: number;
}

const SECTOR = 512;
/** A boot record ends with it, GPT's protective one as well. */
const BOOT_SIGNATURE = 0xaa55;
const QCOW_MAGIC = 0x51_46_49_fb;

/**
 * What disk a file holds, by its first sector; null: none that is known here (an image archive is none).
 * Throws an Error when the file cannot be read, or is a qcow2 that is not whole in itself.
 */
export async function readDiskImage(path: string): Promise<DiskImage | null> {
  await using file = await open(path);
  const { buffer: sector, bytesRead } = await file.read(Buffer.alloc(SECTOR), 0, SECTOR, 0);
  if (bytesRead < SECTOR) return null;
  if (sector.readUInt32BE(0) === QCOW_MAGIC) return readQcow(sector);
  if (sector.readUInt16LE(SECTOR - 2) !== BOOT_SIGNATURE) return null;
  return { format: 'raw', bytes: (await file.stat()).size };
}

/** Offsets by QEMU's docs/interop/qcow2.txt, "Header". What an image names is a file of this machine: none is followed. */
function readQcow(header: Buffer): DiskImage {
  const version = header.readUInt32BE(4);
  if (version !== 2 && version !== 3) throw new Error(`it is a qcow of version ${version}, not 2 or 3`);
  if (header.readBigUInt64BE(8) !== 0n) throw new Error('it is an overlay of another file (a backing file)');
  if (header.readUInt32BE(32) !== 0) throw new Error('it is encrypted');
  const EXTERNAL_DATA = 4n;
  if (version === 3 && (header.readBigUInt64BE(72) & EXTERNAL_DATA) !== 0n) {
    throw new Error('its data lie in another file');
  }
  return { format: 'qcow2', bytes: Number(header.readBigUInt64BE(24)) };
}
