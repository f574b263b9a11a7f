// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { bundleDigest } from '../../../harness/bundle/file-digest.ts';
import { DEFAULT_NETWORK } from '../../../harness/core/cluster-network.ts';
import { readBundle } from '../../../harness/bundle/read-bundle.ts';
import { BundleFolder, CONFIG_MAP, elf } from './support/bundle-folder.ts';
import { sha256 } from './support/image-parts.ts';
import { CONFIG_ONE, CONFIG_TWO, dockerSave, LOWER, orasLayout, UPPER } from './support/producers.ts';

const HEAD = 'apiVersion: airgap.dev/v1\nkind: Bundle\nname: shop\nversion: 1.0.0\n';

describe('bundle.yaml', () => {
  it('is read with everything that it names', async () => {
    const text = `${HEAD}kubernetes: { distribution: k3s, binary: ./k3s, images: [platform.tar], config: etc/config.yaml }
images: [ ./images/shop.tar ]
registries: registries.yaml
manifests: [ ./manifests, extra/one.json ]
requirements: { nodes: 1, memory: 1.5Gi, ownKernel: true }
checks:
  - { id: home, title: Home page, http: { url: "http://web.shop.svc/", contains: Welcome } }
  - { id: db, command: { pod: { namespace: shop, selector: app=db }, run: [psql, -l] } }
  - { id: host, command: { run: ["true"], exitCode: 1, contains: x } }
  - { id: rolled, condition: { apiVersion: apps/v1, kind: Deployment, namespace: shop, name: web, condition: Available } }
`;
    using folder = new BundleFolder({
      'bundle.yaml': text,
      'platform.tar': dockerSave(),
      'images/shop.tar': orasLayout().bytes,
      'etc/config.yaml': 'disable-default-registry-endpoint: true\n',
      'registries.yaml': 'mirrors:\n  docker.io: { endpoint: ["https://mirror.example"] }\n  "*":\n',
      'manifests/sub/b.yml': `# a comment\n${CONFIG_MAP}---\n# nothing but a comment\n---\n${CONFIG_MAP.replace('name: a', 'name: b')}`,
      'manifests/notes.md': 'not applied',
      'manifests/.hidden.yaml': 'broken: [',
      'extra/one.json': '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}',
      'unused.bin': 'x',
      'gate.yaml': 'never read: [',
    });
    folder.write('k3s', elf(), 0o755);
    const at = (file: string): string => join(folder.path, file);
    const bundle = await readBundle(at('bundle.yaml'));
    const one = { configDigest: sha256(CONFIG_ONE), layers: 1, size: LOWER.length };
    const two = { configDigest: sha256(CONFIG_TWO), layers: 2, size: LOWER.length + UPPER.length };
    const platform = {
      manifestDigest: null,
      format: 'docker-archive',
      platform: 'linux/amd64',
      archive: 'platform.tar',
    };
    const { items, objects, images, ...rest } = bundle;
    expect(rest).to.deep.equal({
      name: 'shop',
      version: '1.0.0',
      format: 'bundle.yaml',
      root: folder.path,
      digest: bundleDigest(items),
      kubernetes: {
        binary: at('k3s'),
        imageArchives: [at('platform.tar')],
        config: at('etc/config.yaml'),
        registries: at('registries.yaml'),
        mirrors: ['docker.io', '*'],
        defaultEndpointDisabled: true,
        network: DEFAULT_NETWORK,
      },
      imageArchives: [at('images/shop.tar')],
      registryArchives: [],
      manifests: [
        { path: at('manifests/sub/b.yml'), installAs: 'sub/b.yml' },
        { path: at('extra/one.json'), installAs: 'one.json' },
      ],
      charts: [],
      staticCharts: [],
      inlineCharts: [],
      helm: null,
      requirements: { nodes: 1, memoryMiB: 1536, ownKernel: true },
      checks: [
        {
          id: 'home',
          title: 'Home page',
          http: { url: 'http://web.shop.svc/', status: 200, from: 'pod', contains: 'Welcome' },
        },
        {
          id: 'db',
          command: { pod: { namespace: 'shop', selector: 'app=db' }, run: ['psql', '-l'], exitCode: 0 },
        },
        { id: 'host', command: { run: ['true'], exitCode: 1, contains: 'x' } },
        {
          id: 'rolled',
          condition: {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            namespace: 'shop',
            name: 'web',
            condition: 'Available',
            status: 'True',
          },
        },
      ],
      ignored: [
        { file: 'manifests/.hidden.yaml', reason: 'hidden files and folders are left out' },
        { file: 'manifests/notes.md', reason: 'K3s applies only *.yaml, *.yml and *.json' },
        {
          file: 'gate.yaml',
          reason:
            'a gate belongs to the owner of the site, not into the bundle: a vendor cannot accept its own leaks',
        },
      ],
    });
    expect(images.map(({ reference, ...image }) => [reference, image])).to.deep.equal([
      ['docker.io/library/one:1', { ...one, ...platform, platformImage: true }],
      ['docker.io/shop/two:2', { ...two, ...platform, platformImage: true }],
      ['docker.io/library/two:latest', { ...two, ...platform, platformImage: true }],
      [
        'registry.example:5000/shop/two:2',
        {
          ...two,
          size: images[3]?.size,
          manifestDigest: orasLayout().indexDigest,
          format: 'oci-layout',
          platform: 'linux/amd64',
          archive: 'images/shop.tar',
          platformImage: false,
        },
      ],
    ]);
    expect(
      objects.map(({ apiVersion, kind, namespace, name, file, line }) => ({
        apiVersion,
        kind,
        namespace,
        name,
        file,
        line,
      })),
    ).to.deep.equal([
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        namespace: 'shop',
        name: 'a',
        file: 'manifests/sub/b.yml',
        line: 2,
      },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        namespace: 'shop',
        name: 'b',
        file: 'manifests/sub/b.yml',
        line: 8,
      },
      { apiVersion: 'v1', kind: 'Namespace', namespace: null, name: 'shop', file: 'extra/one.json', line: 1 },
    ]);
    expect(items.map(({ kind, name, file }) => [kind, name, file])).to.deep.equal([
      ['kubernetes', 'k3s', 'k3s'],
      ['platform-images', 'platform.tar', 'platform.tar'],
      ['image-archive', 'shop.tar', 'images/shop.tar'],
      ['image', 'docker.io/library/one:1', 'platform.tar'],
      ['image', 'docker.io/shop/two:2', 'platform.tar'],
      ['image', 'docker.io/library/two:latest', 'platform.tar'],
      ['image', 'registry.example:5000/shop/two:2', 'images/shop.tar'],
      ['manifest', 'b.yml', 'manifests/sub/b.yml'],
      ['manifest', 'one.json', 'extra/one.json'],
      ['registries', 'registries.yaml', 'registries.yaml'],
      ['config', 'config.yaml', 'etc/config.yaml'],
      ['file', 'bundle.yaml', 'bundle.yaml'],
    ]);
    expect(items.find(({ kind }) => kind === 'kubernetes')).to.deep.equal({
      kind: 'kubernetes',
      name: 'k3s',
      digest: sha256(elf()),
      file: 'k3s',
      size: 64,
    });
    expect(items.at(-1)?.digest).to.equal(sha256(text));
  });

  it('has a digest that depends on what is carried and under which path, not on where the folder lies', async () => {
    const files = { 'bundle.yaml': `${HEAD}manifests: [m]\n`, 'm/a.yaml': CONFIG_MAP };
    const digest = async (more: Readonly<Record<string, string>>): Promise<string> => {
      using folder = new BundleFolder({ ...files, ...more });
      return (await readBundle(folder.path)).digest;
    };
    const plain = await digest({});
    expect(await digest({})).to.equal(plain);
    expect(await digest({ 'not-declared': 'x' })).to.equal(plain);
    expect(await digest({ 'm/a.yaml': `${CONFIG_MAP}#` })).not.to.equal(plain);
    expect(await digest({ 'm/b.yaml': CONFIG_MAP })).not.to.equal(plain);
  });

  const refused: readonly { readonly what: string; readonly text: string; readonly says: string }[] = [
    { what: 'an empty file', text: '', says: 'BUNDLE/bundle.yaml is empty' },
    { what: 'comments alone', text: '# nothing\n', says: 'BUNDLE/bundle.yaml is empty' },
    {
      what: 'broken YAML',
      text: `${HEAD}images: [\n`,
      says: 'BUNDLE/bundle.yaml:6:1: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    },
    {
      what: 'a key twice',
      text: `${HEAD}name: again\n`,
      says: 'BUNDLE/bundle.yaml:5:1: not valid YAML: Map keys must be unique',
    },
    {
      what: 'two documents',
      text: `${HEAD}---\n${HEAD}`,
      says: 'BUNDLE/bundle.yaml:6:1: a second YAML document; this file holds one',
    },
    {
      what: 'a list',
      text: '[1]',
      says: 'BUNDLE/bundle.yaml:1:1: the document is a list, but must be a map',
    },
    {
      what: 'an unknown alias',
      text: `${HEAD}images: *missing\n`,
      says: 'BUNDLE/bundle.yaml:1:1: not usable YAML: Unresolved alias (the anchor must be set before the alias): missing',
    },
    {
      what: 'a key that was mistyped',
      text: `${HEAD}imags: []\n`,
      says: 'BUNDLE/bundle.yaml:5:1: unknown key "imags": did you mean "images"?',
    },
    {
      what: 'a key that nobody knows',
      text: `${HEAD}kubernetes: { distribution: k3s, helm: x }\n`,
      says: 'BUNDLE/bundle.yaml:5:34: unknown key "helm" in "kubernetes": known keys are distribution, binary, images, config, charts',
    },
    {
      what: 'nothing to carry',
      text: HEAD,
      says: 'BUNDLE/bundle.yaml:1:1: nothing is carried: at least one of "kubernetes", "images", "manifests" and "charts" is needed',
    },
    {
      what: 'a path upwards',
      text: `${HEAD}manifests: [ ../other ]\n`,
      says: `BUNDLE/bundle.yaml:5:14: path "../other" leads out of the bundle's folder`,
    },
    {
      what: 'a path down and upwards',
      text: `${HEAD}manifests: [ m/../../other ]\n`,
      says: `BUNDLE/bundle.yaml:5:14: path "m/../../other" leads out of the bundle's folder`,
    },
    {
      what: 'an absolute path',
      text: `${HEAD}images: [ /etc/passwd ]\n`,
      says: `BUNDLE/bundle.yaml:5:11: path "/etc/passwd" is absolute; it must be relative to the bundle's folder`,
    },
    {
      what: 'a path that is not there',
      text: `${HEAD}images: [ gone.tar ]\n`,
      says: 'BUNDLE/bundle.yaml:5:11: path "gone.tar" cannot be used: no such file or directory',
    },
    {
      what: 'a path with a NUL',
      text: `${HEAD}images: [ "a\\0b" ]\n`,
      says: 'BUNDLE/bundle.yaml:5:11: path "a\\u0000b" holds a NUL character',
    },
    {
      what: 'a symlink that leads out',
      text: `${HEAD}registries: link/hostname\nmanifests: [ m ]\n`,
      says: `BUNDLE/bundle.yaml:5:13: path "link/hostname" leads out of the bundle's folder: the symlink "link" points to "/etc"`,
    },
    {
      what: 'a named pipe',
      text: `${HEAD}images: [ pipe ]\n`,
      says: 'BUNDLE/bundle.yaml:5:11: path "pipe" is a named pipe, neither a file nor a folder',
    },
    {
      what: 'a folder as an archive',
      text: `${HEAD}images: [ m ]\n`,
      says: 'BUNDLE/bundle.yaml:5:11: path "m" is a folder, where a file is wanted; an image layout must be packed with tar',
    },
    {
      what: 'a folder as a registries.yaml',
      text: `${HEAD}registries: m\nmanifests: [ m ]\n`,
      says: 'BUNDLE/bundle.yaml:5:13: path "m" is a folder, where a file is wanted',
    },
    {
      what: 'a folder without manifests',
      text: `${HEAD}manifests: [ empty ]\n`,
      says: 'BUNDLE/bundle.yaml:5:14: folder "empty" holds no *.yaml, *.yml or *.json file',
    },
    {
      what: 'a manifest of another kind of file',
      text: `${HEAD}manifests: [ m/notes.txt ]\n`,
      says: 'BUNDLE/bundle.yaml:5:14: path "m/notes.txt" does not end in .yaml, .yml or .json: K3s would not apply it',
    },
    {
      what: 'a version that YAML takes for a number',
      text: HEAD.replace('1.0.0', '1.0'),
      says: 'BUNDLE/bundle.yaml:4:10: "version" is 1, but must be a text',
    },
    {
      what: 'an old apiVersion',
      text: HEAD.replace('/v1', '/v0'),
      says: 'BUNDLE/bundle.yaml:1:13: "apiVersion" is "airgap.dev/v0", but must be "airgap.dev/v1"; did you mean "airgap.dev/v1"?',
    },
    {
      what: 'an amount of memory that is none',
      text: `${HEAD}requirements: { memory: much }\n`,
      says: 'BUNDLE/bundle.yaml:5:25: "requirements.memory" is "much", but must be a quantity such as 2Gi or 512Mi',
    },
    {
      what: 'a check of two kinds',
      text: `${HEAD}checks: [ { id: a, http: { url: "http://x" }, command: { run: [x] } } ]\n`,
      says: 'BUNDLE/bundle.yaml:5:11: "checks[0]" must have exactly one of "http", "command" and "condition"',
    },
    {
      what: 'two checks of one id',
      text: `${HEAD}checks:\n  - { id: a, command: { run: [x] } }\n  - { id: a, command: { run: [y] } }\n`,
      says: 'BUNDLE/bundle.yaml:7:11: "checks[1].id" is "a", but must not be the id of another check',
    },
    {
      what: 'a check without a command',
      text: `${HEAD}checks: [ { id: a, command: { run: [] } } ]\n`,
      says: 'BUNDLE/bundle.yaml:5:36: "checks[0].command.run" must not be empty',
    },
    {
      what: 'a URL that is none',
      text: `${HEAD}checks: [ { id: a, http: { url: web } } ]\n`,
      says: 'BUNDLE/bundle.yaml:5:33: "checks[0].http.url" is "web", but must be an http:// or https:// URL',
    },
    {
      what: 'several mistakes at once, in the order of the file',
      text: 'kind: Bundle\nname: "a b"\nversion: 1.0.0\nrequirements: { nodes: 0 }\nmanifest: []\n',
      says: `BUNDLE/bundle.yaml has 4 problems:
  BUNDLE/bundle.yaml:1:1: "apiVersion" is missing: it must be "airgap.dev/v1"
  BUNDLE/bundle.yaml:2:7: "name" is "a b", but must be letters, digits, ".", "_" and "-"
  BUNDLE/bundle.yaml:4:24: "requirements.nodes" is 0, but must be at least 1
  BUNDLE/bundle.yaml:5:1: unknown key "manifest": did you mean "manifests"?`,
    },
    {
      what: 'several paths at once',
      text: `${HEAD}images: [ ../a, gone.tar ]\nmanifests: [ m, /b ]\n`,
      says: `BUNDLE/bundle.yaml has 3 problems:
  BUNDLE/bundle.yaml:5:11: path "../a" leads out of the bundle's folder
  BUNDLE/bundle.yaml:5:17: path "gone.tar" cannot be used: no such file or directory
  BUNDLE/bundle.yaml:6:17: path "/b" is absolute; it must be relative to the bundle's folder`,
    },
    {
      what: 'what would move a terminal',
      text: `${HEAD}"\\e[2Jclear": x\n`,
      says: 'BUNDLE/bundle.yaml:5:1: unknown key "\\u001b[2Jclear": known keys are apiVersion, kind, name, version, kubernetes, images, registries, manifests, charts, helm, requirements, checks',
    },
  ];
  for (const { what, text, says } of refused) {
    it(`is refused with file, line and column: ${what}`, async () => {
      using folder = new BundleFolder({ 'bundle.yaml': text, 'm/a.yaml': CONFIG_MAP, 'm/notes.txt': '' });
      mkdirSync(join(folder.path, 'empty'));
      symlinkSync('/etc', join(folder.path, 'link'));
      execFileSync('mkfifo', [join(folder.path, 'pipe')]);
      expect(await folder.refusal()).to.equal(says);
    });
  }

  it('that is no text is refused', async () => {
    using folder = new BundleFolder({ 'bundle.yaml': Buffer.from([0xff, 0xfe, 0x00]) });
    expect(await folder.refusal()).to.equal('BUNDLE/bundle.yaml is not a text file in UTF-8');
  });

  it('that is larger than any real one is refused before it is read', async () => {
    using folder = new BundleFolder({ 'bundle.yaml': '' });
    truncateSync(join(folder.path, 'bundle.yaml'), 2 ** 40);
    expect(await folder.refusal()).to.equal(
      'BUNDLE/bundle.yaml has 1099511627776 bytes; at most 4194304 are read',
    );
  });

  it('whose aliases multiply is refused', async () => {
    const lines = Array.from(
      { length: 9 },
      (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`,
    );
    using folder = new BundleFolder({ 'bundle.yaml': `a0: &a0 [x]\n${lines.join('\n')}\n` });
    expect(await folder.refusal()).to.equal(
      'BUNDLE/bundle.yaml:1:1: not usable YAML: Excessive alias count indicates a resource exhaustion attack',
    );
  });

  it('that is nested by the thousand is refused', async () => {
    using folder = new BundleFolder({ 'bundle.yaml': '['.repeat(5000) });
    expect(await folder.refusal()).to.match(/^BUNDLE\/bundle\.yaml/);
  });

  it('may lead to a file inside through a symlink', async () => {
    using folder = new BundleFolder({
      'bundle.yaml': `${HEAD}manifests: [ link.yaml ]\n`,
      'm/a.yaml': CONFIG_MAP,
    });
    symlinkSync('m/a.yaml', join(folder.path, 'link.yaml'));
    expect((await readBundle(folder.path)).manifests).to.deep.equal([
      { path: join(folder.path, 'link.yaml'), installAs: 'link.yaml' },
    ]);
  });
});
