// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { expect } from 'chai';

const ROOT = resolve(import.meta.dirname, '../..');

/** What a folder may import besides itself (design.md, "Imports go downwards only"). */
const MIDDLE = [
  'harness/core',
  'harness/bundle',
  'harness/gate',
  'harness/gap',
  'harness/observe',
  'harness/checks',
  'harness/providers',
];
const UPPER = [...MIDDLE, 'harness/rules', 'harness/plan', 'harness/site', 'harness/verdict'];
const RUN = [...UPPER, 'harness/run', 'reports'];
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'harness/core': [],
  'harness/bundle': ['harness/core'],
  'harness/gate': ['harness/core'],
  'harness/gap': ['harness/core'],
  'harness/observe': ['harness/core'],
  'harness/checks': ['harness/core'],
  'harness/providers': ['harness/core'],
  'harness/rules': MIDDLE,
  'harness/plan': MIDDLE,
  'harness/site': MIDDLE,
  'harness/verdict': MIDDLE,
  'harness/run': [...UPPER, 'reports'],
  'harness/cli': [...RUN, 'harness/cli'],
  reports: ['harness/core'],
  infra: ['harness/core', 'infra'],
};

function folderOf(path: string): string {
  const parts = relative(ROOT, path).split('/');
  return parts[0] === 'harness' ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}

/** `file imports folder` for each import that the table does not allow. */
export function forbiddenImports(
  files: readonly { readonly path: string; readonly text: string }[],
): string[] {
  return files.flatMap(({ path, text }) => {
    const from = folderOf(path);
    const specifiers = [...text.matchAll(/^\s*(?:import|export)\b[^'"]*?from\s+'(\.[^']+)'/gm)].map(
      (match) => match[1] ?? '',
    );
    return specifiers
      .filter((specifier) => specifier.endsWith('.ts'))
      .map((specifier) => folderOf(resolve(dirname(path), specifier)))
      .filter((to) => to !== from && !(ALLOWED[from] ?? []).includes(to))
      .map((to) => `${relative(ROOT, path)} imports ${to}`);
  });
}

function sources(): { path: string; text: string }[] {
  return ['harness', 'reports', 'infra'].flatMap((top) =>
    readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.includes('node_modules') && !name.startsWith('out/'))
      .map((name) => join(ROOT, top, name))
      .map((path) => ({ path, text: readFileSync(path, 'utf8') })),
  );
}

describe('import directions', () => {
  it('every import goes downwards', () => {
    const files = sources();
    expect(files.length).to.be.greaterThan(50);
    expect(forbiddenImports(files)).to.deep.equal([]);
  });

  it('every folder of the harness is in the table', () => {
    const folders = new Set(sources().map(({ path }) => folderOf(path)));
    expect([...folders].filter((folder) => ALLOWED[folder] === undefined)).to.deep.equal([]);
  });

  it('an import upwards is found, a type import too', () => {
    const file = (text: string): { path: string; text: string } => ({
      path: join(ROOT, 'harness/core/x.ts'),
      text,
    });
    expect(forbiddenImports([file("import type { Run } from '../run/run.ts';")])).to.deep.equal([
      'harness/core/x.ts imports harness/run',
    ]);
    expect(forbiddenImports([file("import {\n  a,\n  b,\n} from '../verdict/v.ts';")])).to.deep.equal([
      'harness/core/x.ts imports harness/verdict',
    ]);
    expect(forbiddenImports([file("import { c } from './clock.ts';")])).to.deep.equal([]);
  });

  it('every source file strips to plain JavaScript and starts with its licence line', () => {
    for (const { path, text } of sources()) {
      expect(() => stripTypeScriptTypes(text), path).not.to.throw();
      expect(text.replace(/^#!.*\n/, '').startsWith('// SPDX-License-Identifier: Apache-2.0'), path).to.equal(
        true,
      );
    }
  });
});
