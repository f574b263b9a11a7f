// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { DEFAULT_NETWORK } from '../../../harness/core/cluster-network.ts';
import { readBundle } from '../../../harness/bundle/read-bundle.ts';
import { BundleFolder, CONFIG_MAP, elf } from './support/bundle-folder.ts';
import { craneSave, dockerSave, haulerStore, orasLayout } from './support/producers.ts';

const named = (name: string): string => CONFIG_MAP.replace('name: a', `name: ${name}`);

describe('a K3s air-gap directory', () => {
  it('is recognised as the field carries it', async () => {
    using folder = new BundleFolder({
      'k3s-airgap-images-amd64.tar': dockerSave(),
      'k3s-airgap-images-arm64.tar': 'never read',
      'more.tar': craneSave(),
      'chart-1.0.0.tgz': 'a Helm chart',
      'images/shop.tar': orasLayout().bytes,
      'images/list.txt': 'docker.io/library/x:1\n',
      'images/README.md': '',
      'agent/images/store.tar': haulerStore(),
      'registries.yaml': 'mirrors: { quay.io: {} }\n',
      'etc/rancher/k3s/config.yaml': 'write-kubeconfig-mode: "0644"\n',
      'etc/rancher/k3s/config.yaml.d/10.yaml': 'debug: true\n',
      'manifests/top.yaml': named('top'),
      'server/manifests/sub/a.yaml': named('a'),
      'server/manifests/skipped.yaml': 'broken: [',
      'server/manifests/skipped.yaml.skip': '',
      'server/manifests/notes.txt': '',
      'shop.gate.yaml': 'kind: Gate\n',
      '.git/config': '',
      'install.sh': '#!/bin/sh\n',
    });
    folder.write('k3s', elf(), 0o755);
    const at = (file: string): string => join(folder.path, file);
    const { items, images, objects, digest, ...rest } = await readBundle(folder.path);
    expect(rest).to.deep.equal({
      name: 'shop',
      version: 'unversioned',
      format: 'k3s-airgap-directory',
      root: folder.path,
      requirements: { nodes: 1, memoryMiB: null, ownKernel: false },
      checks: [],
      charts: [],
      staticCharts: [],
      inlineCharts: [],
      helm: null,
      kubernetes: {
        binary: at('k3s'),
        imageArchives: [at('k3s-airgap-images-amd64.tar')],
        config: at('etc/rancher/k3s/config.yaml'),
        registries: at('registries.yaml'),
        mirrors: ['quay.io'],
        defaultEndpointDisabled: false,
        network: DEFAULT_NETWORK,
      },
      imageArchives: [at('agent/images/store.tar'), at('images/shop.tar'), at('more.tar')],
      registryArchives: [],
      manifests: [
        { path: at('manifests/top.yaml'), installAs: 'top.yaml' },
        { path: at('server/manifests/sub/a.yaml'), installAs: 'sub/a.yaml' },
      ],
      ignored: [
        { file: '.git', reason: 'hidden files and folders are left out' },
        {
          file: 'chart-1.0.0.tgz',
          reason: 'it is not taken for a Helm chart: it is not compressed with gzip, as a packed chart is',
        },
        {
          file: 'etc/rancher/k3s/config.yaml.d/10.yaml',
          reason: 'this version of the harness passes config.yaml alone to K3s',
        },
        {
          file: 'images/README.md',
          reason: 'K3s imports only *.tar, also compressed with gz, zst, bz2 or lz4',
        },
        {
          file: 'k3s-airgap-images-arm64.tar',
          reason: "K3s's images for arm64; the nodes of this harness are amd64",
        },
        { file: 'server/manifests/notes.txt', reason: 'K3s applies only *.yaml, *.yml and *.json' },
        {
          file: 'server/manifests/skipped.yaml',
          reason: 'K3s does not apply it, because there is a skipped.yaml.skip',
        },
        {
          file: 'shop.gate.yaml',
          reason:
            'a gate belongs to the owner of the site, not into the bundle: a vendor cannot accept its own leaks',
        },
      ],
    });
    expect(digest).to.match(/^sha256:[0-9a-f]{64}$/);
    expect(
      images.map(({ reference, archive, platformImage }) => [reference, archive, platformImage]),
    ).to.deep.equal([
      ['docker.io/library/one:1', 'k3s-airgap-images-amd64.tar', true],
      ['docker.io/shop/two:2', 'k3s-airgap-images-amd64.tar', true],
      ['docker.io/library/two:latest', 'k3s-airgap-images-amd64.tar', true],
      ['docker.io/library/one:1', 'agent/images/store.tar', false],
      ['registry.example:5000/shop/two:2', 'images/shop.tar', false],
      ['ghcr.io/shop/two:2', 'more.tar', false],
    ]);
    expect(objects.map(({ name, file }) => [name, file])).to.deep.equal([
      ['top', 'manifests/top.yaml'],
      ['a', 'server/manifests/sub/a.yaml'],
    ]);
    expect(items.filter(({ kind }) => kind !== 'image').map(({ kind, file }) => [kind, file])).to.deep.equal([
      ['kubernetes', 'k3s'],
      ['platform-images', 'k3s-airgap-images-amd64.tar'],
      ['image-archive', 'agent/images/store.tar'],
      ['image-archive', 'images/shop.tar'],
      ['image-archive', 'more.tar'],
      ['manifest', 'manifests/top.yaml'],
      ['manifest', 'server/manifests/sub/a.yaml'],
      ['registries', 'registries.yaml'],
      ['config', 'etc/rancher/k3s/config.yaml'],
      ['file', 'chart-1.0.0.tgz'],
      ['file', 'etc/rancher/k3s/config.yaml.d/10.yaml'],
      ['file', 'images/README.md'],
      ['file', 'images/list.txt'],
      ['file', 'install.sh'],
      ['file', 'k3s-airgap-images-arm64.tar'],
      ['file', 'server/manifests/notes.txt'],
      ['file', 'server/manifests/skipped.yaml'],
      ['file', 'server/manifests/skipped.yaml.skip'],
    ]);
  });

  it('may be a tree that is to be copied to /', async () => {
    using folder = new BundleFolder({
      'var/lib/rancher/k3s/agent/images/k3s-airgap-images-amd64.tar': dockerSave(),
      'var/lib/rancher/k3s/server/manifests/a.yaml': CONFIG_MAP,
    });
    folder.write('usr/local/bin/k3s', elf(), 0o755);
    const { kubernetes, manifests } = await readBundle(folder.path);
    expect(kubernetes.binary).to.equal(join(folder.path, 'usr/local/bin/k3s'));
    expect(kubernetes.imageArchives).to.have.length(1);
    expect(manifests.map(({ installAs }) => installAs)).to.deep.equal(['a.yaml']);
  });

  it('is any of these alone: an image archive, manifests, a k3s executable (also a script)', async () => {
    using archive = new BundleFolder({ 'a.tar': dockerSave() });
    using manifests = new BundleFolder({ 'manifests/a.yaml': CONFIG_MAP });
    using binary = new BundleFolder();
    binary.write('k3s', '#!/bin/sh\n', 0o755);
    for (const { path } of [archive, manifests, binary]) {
      expect((await readBundle(path)).format).to.equal('k3s-airgap-directory');
    }
  });

  const refused: readonly {
    readonly what: string;
    readonly make: (folder: BundleFolder) => void;
    readonly says: string;
  }[] = [
    {
      what: 'a cut off archive',
      make: (folder) => folder.write('images/a.tar', dockerSave().subarray(0, 3200)),
      says: 'image archive "images/a.tar" cannot be used: it is cut off in the content of "aaa/layer.tar", at byte 3200 of the plain archive | make the archive again and compare its checksum on both sides of the transfer',
    },
    {
      what: 'a broken manifest, before archives are read',
      make: (folder) => {
        folder.write('images/a.tar', 'x');
        folder.write('manifests/a.yaml', 'kind: [');
      },
      says: 'BUNDLE/manifests/a.yaml:1:8: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    },
    {
      what: 'a symlink that leads out',
      make: (folder) => symlinkSync('/etc/hostname', join(folder.path, 'manifests/b.yaml')),
      says: `the bundle "BUNDLE" holds something that cannot be carried: path "manifests/b.yaml" leads out of the bundle's folder: the symlink "manifests/b.yaml" points to "/etc/hostname" | replace it by a regular file inside the bundle`,
    },
    {
      what: 'a symlink that leads nowhere',
      make: (folder) => symlinkSync('gone', join(folder.path, 'k3s')),
      says: 'the bundle "BUNDLE" holds something that cannot be carried: path "k3s" cannot be used: no such file or directory | replace it by a regular file inside the bundle',
    },
    {
      what: 'a named pipe',
      make: (folder) => void execFileSync('mkfifo', [join(folder.path, 'pipe')]),
      says: 'the bundle "BUNDLE" holds something that cannot be carried: path "pipe" is a named pipe, neither a file nor a folder | replace it by a regular file inside the bundle',
    },
    {
      what: 'two k3s executables',
      make: (folder) => {
        folder.write('k3s', elf(), 0o755);
        folder.write('bin/k3s', elf(), 0o755);
      },
      says: 'the bundle has two k3s executables: "bin/k3s" and "k3s" | leave the one that the nodes are to have',
    },
    {
      what: 'a k3s that cannot be run',
      make: (folder) => folder.write('k3s', elf(), 0o644),
      says: 'the Kubernetes binary "k3s" is not executable | run: chmod +x BUNDLE/k3s',
    },
    {
      what: 'a k3s for another architecture',
      make: (folder) => folder.write('k3s', elf(183), 0o755),
      says: 'the Kubernetes binary "k3s" is not for x86-64 | put the k3s executable for amd64 into the bundle',
    },
    {
      what: 'a k3s that is no program',
      make: (folder) => folder.write('k3s', '<html>404</html>', 0o755),
      says: 'the Kubernetes binary "k3s" is not a Linux program | copy the k3s executable again',
    },
    {
      what: 'two manifests that are one to K3s',
      make: (folder) => {
        folder.write('manifests/app.v1.yaml', CONFIG_MAP);
        folder.write('manifests/sub/app.yml', CONFIG_MAP);
      },
      says: 'manifests "manifests/app.v1.yaml" and "manifests/sub/app.yml" are one to K3s, which goes by what stands before the first period of a file\'s name: it would delete what the other one made | rename one of them',
    },
    {
      what: 'a broken registries.yaml',
      make: (folder) => folder.write('registries.yaml', 'mirrors: [x]\n'),
      says: 'BUNDLE/registries.yaml:1:10: "mirrors" is a list, but must be a map',
    },
    {
      what: 'a broken config.yaml',
      make: (folder) => folder.write('config.yaml', 'a: {'),
      says: 'BUNDLE/config.yaml:1:5: not valid YAML: Flow map in block collection must be sufficiently indented and end with a }',
    },
  ];
  for (const { what, make, says } of refused) {
    it(`is refused: ${what}`, async () => {
      using folder = new BundleFolder({ 'manifests/z.yaml': CONFIG_MAP });
      make(folder);
      expect(await folder.refusal()).to.equal(says);
    });
  }
});
