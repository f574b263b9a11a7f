// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdtempDisposable, readFile, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { imagesPresent } from '../../../harness/checks/images-present.ts';
import type { ImageItem } from '../../../harness/core/bundle.ts';
import type { CheckResult } from '../../../harness/core/cluster.ts';
import { K3S } from '../../../harness/core/k3s-paths.ts';
import { type ArchiveOptions, writeImageArchive } from '../../../infra/images/build-image.ts';
import { sh } from '../providers/fixture.ts';
import { bootKubernetes, type KubernetesSite } from '../support/kubernetes-site.ts';
import { EMPTY_BUNDLE } from '../../support/empty-bundle.ts';
import { needs } from '../support/needs.ts';

describe('images in a real node’s store', function present() {
  this.timeout(120_000);
  const stack = new AsyncDisposableStack();
  let site: KubernetesSite;
  let items: Readonly<Record<'docker' | 'oci' | 'nameless' | 'truncated' | 'absent', ImageItem>>;

  before(async function () {
    needs(this, 'root', 'netns', 'k3s');
    const dir = stack.use(await mkdtempDisposable(join(tmpdir(), 'airgap-images-'))).path;
    const write = async (
      file: string,
      reference: string | null,
      options: ArchiveOptions,
    ): Promise<ImageItem> => await writeImage(join(dir, file), reference, options);
    items = {
      docker: await write('docker.tar.gz', 'images.test/docker:1', {
        format: 'docker-archive',
        compression: 'gzip',
      }),
      oci: await write('oci.tar.zst', 'images.test/oci:1', { format: 'oci', compression: 'zstd' }),
      nameless: await write('nameless.tar', null, { format: 'docker-archive' }),
      truncated: await write('truncated.tar', 'images.test/truncated:1', { format: 'docker-archive' }),
      absent: await write('absent.tar', 'images.test/absent:1', { format: 'docker-archive' }),
    };
    const cut = join(dir, 'truncated.tar');
    await truncate(cut, Math.floor((await readFile(cut)).length / 2));
    const archives = ['docker.tar.gz', 'oci.tar.zst', 'nameless.tar', 'truncated.tar'];
    site = stack.use(await bootKubernetes(archives.map((name) => join(dir, name))));
  });
  after(async () => await stack.disposeAsync());

  async function check(...images: readonly ImageItem[]): Promise<CheckResult> {
    return await imagesPresent.run({ ...site.context, bundle: { ...EMPTY_BUNDLE, images } });
  }

  it('a docker-archive and an OCI layout are there', async () => {
    expect(await check(items.docker, items.oci)).to.deep.equal({
      result: 'pass',
      message: "2 image(s) of the bundle are in the node's store",
      evidence: [],
    });
  });

  it('a truncated archive is found, though K3s came up with it', async () => {
    expect((await check(items.truncated)).message).to.equal(
      "images.test/truncated:1 (from truncated.tar) is not in the node's store: its import failed (see k3s.log)",
    );
    expect(await readFile(join(site.dir, 'k3s.log'), 'utf8')).to.match(/truncated\.tar/);
  });

  it('one that was never carried, and one without a name', async () => {
    expect((await check(items.docker, items.absent)).message).to.contain('images.test/absent:1');
    expect((await check(items.nameless)).message).to.contain('the archive gives it no name');
  });

  it('another image under the same name, by config and by manifest', async () => {
    const configDigest = items.absent.configDigest;
    expect((await check({ ...items.docker, configDigest })).message).to.contain(
      "images.test/docker:1 in the node's store is another image than the one from docker.tar.gz",
    );
    const manifestDigest = `sha256:${'0'.repeat(64)}`;
    expect((await check({ ...items.oci, manifestDigest })).message).to.contain(
      `the one from oci.tar.zst has ${manifestDigest}`,
    );
  });

  it('one whose name or content was removed from the node', async () => {
    const ctr = `${K3S.binary} ctr -n k8s.io`;
    await sh(site.node, `${ctr} images rm --sync images.test/docker:1 2>/dev/null`);
    expect((await check(items.docker)).message).to.contain('images.test/docker:1 (from docker.tar.gz) is');
    const blobs = `${ctr} content ls 2>/dev/null | grep application/vnd.oci.image.layer || true`;
    await sh(site.node, blobs);
    const layer = await layerOf(items.oci);
    await sh(site.node, `${ctr} content rm ${layer} 2>/dev/null`);
    expect((await check(items.oci)).message).to.contain('is incomplete');
  });

  async function layerOf(image: ImageItem): Promise<string> {
    const text = await sh(
      site.node,
      `${K3S.binary} ctr -n k8s.io content get ${image.manifestDigest} 2>/dev/null`,
    );
    const [, digest] =
      /"layers":\[\{[^}]*?"digest":"(sha256:[0-9a-f]{64})"/.exec(text.replaceAll(/\s/g, '')) ?? [];
    return digest ?? expect.fail(`no layer in ${text}`);
  }
});

/** An image with one layer of its own, as an archive and as the bundle's reader would describe it. */
async function writeImage(
  path: string,
  reference: string | null,
  options: ArchiveOptions,
): Promise<ImageItem> {
  const layers = [{ entries: [{ path: 'noise', content: randomBytes(300_000) }] }];
  const references = reference === null ? [] : [reference];
  const [written] = await writeImageArchive(path, [{ references, layers }], options);
  if (written === undefined) throw new Error('nothing was written');
  return {
    reference,
    configDigest: written.configDigest,
    manifestDigest: written.manifestDigest,
    format: options.format === 'oci' ? 'oci-layout' : 'docker-archive',
    platform: 'linux/amd64',
    archive: basename(path),
    platformImage: false,
    layers: 1,
    size: 300_000,
  };
}
