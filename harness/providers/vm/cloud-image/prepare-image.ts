// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { copyFile, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Assets } from '../../../core/assets.ts';
import { HarnessError } from '../../../core/errors.ts';
import { printable } from '../../../core/printable.ts';
import { hostRunner, runOrThrow } from '../../../core/runner.ts';
import { openSession } from '../../session.ts';
import { chooseAccelerator } from '../accelerator.ts';
import { moveFolder } from '../move-folder.ts';
import { makeOverlay } from '../overlay.ts';
import { MACHINE_FILES } from '../qemu.ts';
import { savedRoot } from '../saved-root.ts';
import type { DiskImage } from './disk-image.ts';
import { describePrepared, diskIn, type PreparedImage, readPrepared } from './prepared-image.ts';
import { type Preparation, PREPARATION_FILES, runPreparation } from './preparation.ts';
import { seedFiles } from './seed.ts';

/** A start with cloud-init takes a minute or two by emulation on two busy cores; the rest is for slower images and machines. */
const LIMIT_MS = { kvm: 300_000, tcg: 900_000 } as const;
const DEFAULT_DISK_MIB = 16 * 1024;
const MIB = 2 ** 20;
/** Lines of the console that an error quotes. */
const QUOTED_LINES = 12;

export interface CloudImageOptions {
  /** The user's file: read, never written to. Absolute. */
  readonly path: string;
  readonly image: DiskImage;
  /** sha256 of the file. */
  readonly digest: string;
  readonly vm: NonNullable<Assets['vm']>;
  /** Programs that a node needs. */
  readonly needs: readonly string[];
  /** Size of the nodes' disk. @default 16 GiB, or the image's where that is larger */
  readonly diskMiB?: number | undefined;
  /** Folder of the cache; prepared images lie in `cloud-images/<key>`, those of a user without root in the state directory. */
  readonly cache: string;
  readonly signal: AbortSignal;
  /** Told what takes minutes, before it does. */
  readonly say?: ((line: string) => void) | undefined;
  /** Milliseconds. @default by the accelerator */
  readonly limitMs?: number | undefined;
}

/**
 * Makes a node's disk of a user's cloud image, once for each key: starts it with cloud-init and without a network card, has what
 * setup's own disk has put in, and keeps the result.
 * Throws HarnessError: `config` when the image cannot be used (the message names all that it lacks, or the end of its console),
 * `setup` when this machine has no QEMU, `interrupted`.
 */
export async function prepareCloudImage(options: CloudImageOptions): Promise<PreparedImage> {
  const { path, digest, vm, needs, cache } = options;
  const mib = diskSize(options);
  const seed = await seedFiles(vm.guest, needs);
  const qemu = await runOrThrow(hostRunner, ['qemu-system-x86_64', '--version']);
  const key = createHash('sha256')
    .update(JSON.stringify({ digest, seed, qemu, mib }))
    .digest('hex')
    .slice(0, 16);
  const folder = join(await savedRoot(join(cache, 'cloud-images')), key);
  const known = await readPrepared(folder);
  if (known !== null) return known;
  await make(options, { key, folder, seed, mib });
  const made = await readPrepared(folder);
  if (made !== null) return made;
  throw new HarnessError(`what was just made of "${path}" is not in ${folder}`, { code: 'harness' });
}

interface Making {
  readonly key: string;
  /** Where it will be. */
  readonly folder: string;
  readonly seed: Readonly<Record<string, string>>;
  readonly mib: number;
}

async function make(options: CloudImageOptions, { key, folder, seed, mib }: Making): Promise<void> {
  const { path, image, vm, cache, signal, say } = options;
  const { accelerator, reason } = await chooseAccelerator(hostRunner, vm);
  await using session = await openSession({ outDir: cache });
  const work = join(session.folder, 'cloud');
  const disk = join(work, MACHINE_FILES.disk);
  const seedFolder = join(work, PREPARATION_FILES.seed);
  await mkdir(seedFolder, { recursive: true, mode: 0o700 });
  for (const [name, content] of Object.entries(seed)) await writeFile(join(seedFolder, name), content);
  const before = await changeMark(path);
  await makeOverlay(session.runner, { base: path, format: image.format, disk, mib });
  const limitMs = options.limitMs ?? LIMIT_MS[accelerator];
  const how =
    accelerator === 'kvm' ? 'a minute or less' : `minutes, since the processor is emulated: ${reason}`;
  say?.(
    `cloud image ${path}: cloud-init prepares it once, ${how}; console: ${join(work, MACHINE_FILES.console)}`,
  );
  const preparation = await runPreparation(session.runner, {
    name: `${session.label}-cloud`,
    folder: work,
    accelerator,
    limitMs,
    signal,
  });
  if (preparation.end === 'interrupted') throw new HarnessError('interrupted', { code: 'interrupted' });
  if (preparation.end !== 'off' || !preparation.answer.isPrepared) {
    const log = join(dirname(dirname(folder)), 'logs', `cloud-image-${key}.log`);
    await mkdir(dirname(log), { recursive: true });
    await copyFile(join(work, MACHINE_FILES.console), log).catch(() => {}); // there is none when QEMU did not start
    throw refusal({ path, limitMs, log }, preparation);
  }
  if ((await changeMark(path)) !== before) {
    throw new HarnessError(`the cloud image "${path}" changed while it was read`, {
      code: 'config',
      hint: 'nothing may write to it meanwhile',
    });
  }
  const making = join(session.folder, 'cloud-made');
  await mkdir(making, { mode: 0o700 });
  // Whole in itself: what a user does with the image afterwards is of no concern.
  await runOrThrow(session.runner, [
    'qemu-img',
    'convert',
    '-f',
    'qcow2',
    '-O',
    'qcow2',
    disk,
    diskIn(making),
  ]);
  await describePrepared(making, key, preparation.answer.osRelease);
  await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
  await moveFolder(session.runner, making, folder);
}

/** MiB of the nodes' disk. Throws HarnessError (config) when the image is larger than what was asked for. */
function diskSize({ path, image, diskMiB }: CloudImageOptions): number {
  const least = Math.ceil(image.bytes / MIB);
  if (diskMiB !== undefined && diskMiB < least) {
    throw new HarnessError(
      `the cloud image "${path}" is a disk of ${least} MiB, larger than the ${diskMiB} asked for`,
      {
        code: 'config',
        hint: `give --disk ${Math.ceil(least / 1024)} or more`,
      },
    );
  }
  return diskMiB ?? Math.max(least, DEFAULT_DISK_MIB);
}

/** What differs when somebody wrote to the file. */
async function changeMark(path: string): Promise<string> {
  const { ino, size, mtimeNs } = await stat(path, { bigint: true });
  return `${ino} ${size} ${mtimeNs}`;
}

function refusal(
  { path, limitMs, log }: { readonly path: string; readonly limitMs: number; readonly log: string },
  { end, answer, console, said }: Preparation,
): HarnessError {
  if (answer.lacks.length > 0) {
    return new HarnessError(`the cloud image "${path}" lacks: ${answer.lacks.map(printable).join(', ')}`, {
      code: 'config',
      hint: 'install them in it (docs/node-image.md says what each is for), or leave --node-image out',
    });
  }
  if (end === 'qemu-failed') {
    return new HarnessError(`QEMU could not run the cloud image "${path}": ${said || 'it said nothing'}`, {
      code: 'config',
      hint: 'is it a whole disk image? look at it with: qemu-img check',
    });
  }
  const what =
    end === 'late'
      ? `its cloud-init gave no answer within ${limitMs / 1000} s`
      : 'it switched itself off before it was prepared';
  const lines = stripVTControlCharacters(console)
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '');
  const tail = lines.slice(-QUOTED_LINES).map((line) => `\n    ${printable(line)}`);
  return new HarnessError(
    `the cloud image "${path}" could not be prepared: ${what}; its console ${tail.length === 0 ? 'said nothing' : `ended with${tail.join('')}`}`,
    {
      code: 'config',
      hint: `it must start by BIOS from its own disk, with systemd and cloud-init, which may take NoCloud for its data source; the whole console is in ${log}`,
    },
  );
}
