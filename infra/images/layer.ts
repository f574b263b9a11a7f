// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { HarnessError } from '../../harness/core/errors.ts';
import { saveStream } from './digest.ts';
import type { LayerEntry, LayerSource } from './image-spec.ts';
import { packTar } from './tar-pack.ts';
import type { TarMember } from './tar-pack.ts';

/** A layer as an uncompressed tar on disk. */
export interface BuiltLayer {
  readonly diffId: string;
  readonly path: string;
  readonly size: number;
}

/**
 * Builds one layer into the file `path`.
 * @throws HarnessError when tar cannot pack the directory, or an entry's path leaves the image's root.
 */
export async function buildLayer(source: LayerSource, path: string): Promise<BuiltLayer> {
  const { digest, size } =
    'directory' in source
      ? await packDirectory(source.directory, source.exclude ?? [], path)
      : await saveStream(packTar(membersOf(source.entries)), path);
  return { diffId: digest, path, size };
}

/** Sorted names, no times and no owners: what makes two packings of equal trees equal byte for byte. */
async function packDirectory(
  directory: string,
  exclude: readonly string[],
  path: string,
): Promise<{ digest: string; size: number }> {
  const child = spawn(
    'tar',
    [
      '--create',
      '--format=gnu',
      '--sort=name',
      '--mtime=@0',
      '--owner=0',
      '--group=0',
      '--numeric-owner',
      ...exclude.map((pattern) => `--exclude=${pattern}`),
      `--directory=${directory}`,
      '.',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = Promise.withResolvers<number | null>();
  child.once('error', ended.reject).once('close', ended.resolve);
  const [saved, stderr, code] = await Promise.all([
    saveStream(child.stdout, path),
    textOf(child.stderr),
    ended.promise,
  ]);
  if (code !== 0) {
    throw new HarnessError(
      `packing ${directory} into a layer failed: ${stderr.trim() || `tar ended with ${code}`}`,
      {
        code: 'setup',
      },
    );
  }
  return saved;
}

async function textOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

/** Entries sorted by path, with the folders above them, which some readers demand. */
export function membersOf(entries: readonly LayerEntry[]): TarMember[] {
  const members = new Map<string, TarMember>();
  for (const entry of entries) {
    const name = insideRoot(entry.path);
    for (let parent = posix.dirname(name); parent !== '.'; parent = posix.dirname(parent)) {
      if (!members.has(`${parent}/`)) {
        members.set(`${parent}/`, { name: `${parent}/`, type: 'directory', mode: 0o755 });
      }
    }
    const member = memberOf(name, entry);
    members.set(member.name, member);
  }
  return [...members.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function memberOf(name: string, entry: LayerEntry): TarMember {
  if ('linkTo' in entry) return { name, type: 'symlink', mode: 0o777, linkTo: entry.linkTo };
  if ('directory' in entry) return { name: `${name}/`, type: 'directory', mode: entry.mode ?? 0o755 };
  if ('from' in entry) return { name, type: 'file', mode: entry.mode ?? 0o755, from: entry.from };
  return { name, type: 'file', mode: entry.mode ?? 0o644, content: entry.content };
}

function insideRoot(path: string): string {
  const name = posix.normalize(path).replace(/^\/+/, '').replace(/\/$/, '');
  if (name === '' || name === '.' || name === '..' || name.startsWith('../')) {
    throw new HarnessError(`layer entry "${path}" does not lie below the image's root`, { code: 'setup' });
  }
  return name;
}
