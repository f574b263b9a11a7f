// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { airgap, leftovers } from '../support/airgap.ts';

/** Each is one clear error and exit code 2, and nothing was started. */
const HEAD = 'apiVersion: airgap.dev/v1\nkind: Bundle\nname: x\nversion: 1.0.0\n';
const CASES: readonly {
  readonly what: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly says: RegExp;
}[] = [
  { what: 'a bundle that does not exist', says: /nonexistent/ },
  {
    what: 'a bundle.yaml that is no YAML',
    files: { 'bundle.yaml': `${HEAD}images: [\n` },
    says: /bundle\.yaml:\d+:\d+/,
  },
  {
    what: 'a path that leads out of the bundle',
    files: { 'bundle.yaml': `${HEAD}manifests: [ ../other ]\n` },
    says: /bundle\.yaml:5:\d+.*\.\.\/other/s,
  },
  {
    what: 'an unknown key',
    files: { 'bundle.yaml': `${HEAD}imags: []\n` },
    says: /bundle\.yaml:5:\d+.*imags/s,
  },
  {
    what: 'an image archive that is cut off',
    files: { 'bundle.yaml': `${HEAD}images: [ ./a.tar ]\n`, 'a.tar': 'manifest.json' },
    says: /a\.tar/,
  },
];

describe('bad input', () => {
  for (const { what, files, says } of CASES) {
    it(`${what}: exit code 2, one error, nothing left`, async () => {
      await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-bad-'));
      const before = await leftovers();
      const bundle = join(dir.path, files === undefined ? 'nonexistent' : 'bundle');
      if (files !== undefined) {
        await mkdir(bundle);
        for (const [name, text] of Object.entries(files)) await writeFile(join(bundle, name), text);
      }
      const { exitCode, stdout, stderr } = await airgap(['test', bundle]);
      expect(exitCode, stderr).to.equal(2);
      expect(stderr).to.match(says);
      expect(stderr.match(/^error:/gm)).to.have.length(1);
      expect(stderr).not.to.match(/\n\s+at /);
      expect(stdout).to.equal('');
      expect((await leftovers()).filter((thing) => !before.includes(thing))).to.deep.equal([]);
    });
  }

  it('an unknown option is named, with the nearest one that exists', async () => {
    const { exitCode, stderr } = await airgap(['test', '--kep']);
    expect(exitCode).to.equal(2);
    expect(stderr).to.contain('--kep').and.to.contain('--keep');
  });
});
