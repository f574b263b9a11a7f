// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { clusterDns } from '../../../harness/checks/cluster-dns.ts';
import { writeImageArchive } from '../../../infra/images/build-image.ts';
import { sh } from '../providers/fixture.ts';
import { airgap, readReport } from '../support/airgap.ts';
import { bootKubernetes } from '../support/kubernetes-site.ts';
import { needs } from '../support/needs.ts';
import { choose } from './choose.ts';
import { debianRoot, type DebianSuite, needsDebianMirror } from './debian-roots.ts';

describe('nodes of another Debian release', function debian() {
  this.timeout(600_000);
  before(async function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s');
    await needsDebianMirror(this);
  });

  const RELEASES: readonly { readonly suite: DebianSuite; readonly id: string; readonly what: string }[] = [
    { suite: 'bookworm', id: '12', what: 'with /usr merged' },
    { suite: 'bullseye', id: '11', what: 'older than the host, /bin and /usr/bin apart' },
  ];
  for (const { suite, id, what } of RELEASES) {
    it(`${suite} (${what}): the node is Ready, a pod answers, and it is that release inside`, async () => {
      await using cache = await mkdtempDisposable(join(tmpdir(), 'airgap-root-'));
      const given = await debianRoot(suite);
      const { root, facts } = await choose(given, cache.path);
      expect(root).to.equal(given);
      expect(facts).to.include({ from: 'directory', path: given });
      expect(facts.digest).to.match(/^sha256:[0-9a-f]{64}$/);
      expect(facts.os).to.contain(`Debian GNU/Linux ${id}`).and.to.contain(suite);
      await using site = await bootKubernetes([], root);
      expect(await sh(site.node, '. /etc/os-release; echo "$VERSION_ID $VERSION_CODENAME"')).to.equal(
        `${id} ${suite}`,
      );
      expect(await clusterDns.run(site.context)).to.include({ result: 'pass' });
    });
  }

  it('an archive of bullseye: the main job is ready, and the report says on what', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-root-'));
    const archive = join(dir.path, 'bullseye.tar.zst');
    const spec = {
      references: ['site.example/node:11'],
      layers: [{ directory: await debianRoot('bullseye') }],
    };
    const [written] = await writeImageArchive(archive, [spec], { format: 'oci', compression: 'zstd' });
    const out = join(dir.path, 'run');
    const { exitCode, all } = await airgap(
      ['test', 'examples/clean', '--node-image', archive, '--out', out],
      { AIRGAP_CACHE: dir.path },
    );
    expect(exitCode, all).to.equal(0);
    const { verdict, environment } = await readReport(out);
    expect(verdict).to.equal('ready');
    expect(environment.nodeImage).to.deep.equal({
      from: 'archive',
      path: archive,
      digest: written?.configDigest,
      os: 'Debian GNU/Linux 11 (bullseye)',
    });
  });
});
