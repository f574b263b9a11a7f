// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readBundle } from '../../../../harness/bundle/read-bundle.ts';
import { HarnessError } from '../../../../harness/core/errors.ts';

/** A folder with files, gone at the end of the block. Keys are paths below it. */
export class BundleFolder implements Disposable {
  readonly #parent: string;
  readonly path: string;

  constructor(files: Readonly<Record<string, string | Buffer>> = {}) {
    this.#parent = mkdtempSync(join(tmpdir(), 'airgap-bundle-'));
    this.path = join(this.#parent, 'shop');
    mkdirSync(this.path);
    for (const [name, content] of Object.entries(files)) this.write(name, content);
  }

  write(name: string, content: string | Buffer, mode = 0o644): void {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode });
  }

  /** The error that reading gives, as `message | hint`, with the folder's path as BUNDLE. */
  async refusal(path = this.path): Promise<string> {
    const error = await readBundle(path).then(
      () => new Error('it was accepted'),
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof HarnessError) || error.code !== 'bundle') throw error;
    const text = error.hint === undefined ? error.message : `${error.message} | ${error.hint}`;
    return text.replaceAll(this.path, 'BUNDLE').replaceAll(this.#parent, 'PARENT');
  }

  [Symbol.dispose](): void {
    rmSync(this.#parent, { recursive: true });
  }
}

/** Enough of a program for x86-64 to be taken for one: magic, 64 bits, e_machine. */
export function elf(machine = 62): Buffer {
  const head = Buffer.alloc(64);
  head.write('\x7fELF\x02\x01\x01', 'latin1');
  head.writeUInt16LE(machine, 18);
  return head;
}

export const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: shop }\n';
