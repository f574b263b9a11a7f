// SPDX-License-Identifier: Apache-2.0
import { reasonOf } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';
import type { ConfigFile } from '../core/config-file.ts';
import { type Problem, problemsError, type YamlPath } from '../core/yaml-file.ts';
import { findInside, type Inside } from './inside.ts';

/** A path of bundle.yaml that was found, and where it is declared. */
export interface Declared {
  readonly found: Inside;
  readonly at: YamlPath;
}

/** Finds what a bundle.yaml declares and collects what is wrong, so that one error tells all of it. */
export class DeclaredPaths {
  readonly #root: string;
  readonly #config: Pick<ConfigFile<unknown>, 'positionOf'>;
  readonly #problems: Problem[] = [];

  /** `root`: the bundle's folder, absolute, symlinks resolved. */
  constructor(root: string, config: Pick<ConfigFile<unknown>, 'positionOf'>) {
    this.#root = root;
    this.#config = config;
  }

  /** Notes that the value at a place of the file is wrong. */
  report(at: YamlPath, message: string): void {
    this.#problems.push({ position: this.#config.positionOf(at), message });
  }

  /** Files and folders; what cannot be used is reported and left out. */
  async findAll(paths: readonly string[], at: YamlPath): Promise<Declared[]> {
    const found: Declared[] = [];
    for (const [index, path] of paths.entries()) {
      const place = [...at, index];
      const one = await this.find(path, place);
      if (one !== null) found.push({ found: one, at: place });
    }
    return found;
  }

  /** Files alone; a folder is reported. */
  async findFiles(paths: readonly string[], at: YamlPath): Promise<Inside[]> {
    return (await this.findAll(paths, at)).flatMap((declared) => this.onlyFile(declared));
  }

  /** One file that may be left out. */
  async findFile(path: string | undefined, at: YamlPath): Promise<Inside | null> {
    const found = path === undefined ? null : await this.find(path, at);
    if (found === null) return null;
    const [file = null] = this.onlyFile({ found, at });
    return file;
  }

  /** One file or folder; null when it cannot be used. */
  async find(path: string, at: YamlPath): Promise<Inside | null> {
    try {
      return await findInside(this.#root, path);
    } catch (error) {
      this.report(at, reasonOf(error));
      return null;
    }
  }

  /** The file itself; a folder is reported and left out. */
  onlyFile({ found, at }: Declared): Inside[] {
    if (found.kind === 'file') return [found];
    const advice = at.includes('images') ? '; an image layout must be packed with tar' : '';
    this.report(at, `path ${quoted(found.file)} is a folder, where a file is wanted${advice}`);
    return [];
  }

  /** Throws HarnessError (bundle) with everything that was reported. */
  throwIfAny(file: string): void {
    if (this.#problems.length > 0) throw problemsError(file, this.#problems, 'bundle');
  }
}
