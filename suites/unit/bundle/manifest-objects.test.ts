// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { readBundle } from '../../../harness/bundle/read-bundle.ts';
import { BundleFolder } from './support/bundle-folder.ts';

async function read(text: string): Promise<unknown> {
  using folder = new BundleFolder({ 'manifests/a.yaml': text });
  return (await readBundle(folder.path)).objects.map(({ kind, name, line }) => `${kind}/${name}:${line}`);
}

async function refusal(text: string): Promise<string> {
  using folder = new BundleFolder({ 'manifests/a.yaml': text });
  return await folder.refusal();
}

describe('manifests', () => {
  it('hold any number of documents, empty ones too', async () => {
    const text =
      '---\n# comment\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n---\n---\n{apiVersion: v1, kind: Secret, metadata: {name: b}}\n...\n';
    expect(await read(text)).to.deep.equal(['Namespace/a:4', 'Secret/b:10']);
    expect(await read('')).to.deep.equal([]);
  });

  it('may hold lists, which are expanded, and kinds that only end in List', async () => {
    const text = `apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: ConfigMap
    metadata: { name: a }
  - apiVersion: v1
    kind: SecretList
    items:
      - { apiVersion: v1, kind: Secret, metadata: { name: b } }
---
apiVersion: example.com/v1
kind: AllowList
metadata: { name: c }
`;
    expect(await read(text)).to.deep.equal(['ConfigMap/a:4', 'Secret/b:10', 'AllowList/c:12']);
  });

  it('may use anchors and merge keys', async () => {
    const text =
      'x-meta: &m { name: a }\napiVersion: v1\nkind: ConfigMap\nmetadata: { <<: *m, namespace: n }\n';
    expect(await read(text)).to.deep.equal(['ConfigMap/a:1']);
  });

  for (const [what, text, says] of [
    ['no map', '- a\n', 'BUNDLE/manifests/a.yaml:1:1: a Kubernetes object must be a map, not ["a"]'],
    ['no apiVersion', 'kind: Pod\n', 'BUNDLE/manifests/a.yaml:1:1: this object has no "apiVersion"'],
    ['no kind', '\napiVersion: v1\n', 'BUNDLE/manifests/a.yaml:2:1: this object has no "kind"'],
    [
      'no name',
      'apiVersion: v1\nkind: Pod\n',
      'BUNDLE/manifests/a.yaml:1:1: this Pod has no "metadata.name"',
    ],
    [
      'a generated name',
      'apiVersion: v1\nkind: Pod\nmetadata: { generateName: x- }\n',
      'BUNDLE/manifests/a.yaml:1:1: this Pod has no "metadata.name": "generateName" does not do, K3s applies manifests again and again',
    ],
    [
      'an unfilled template',
      'apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n',
      'BUNDLE/manifests/a.yaml:1:1: this Pod has no "metadata.name"',
    ],
    [
      'several mistakes',
      'kind: A\n---\napiVersion: v1\n---\n- 1\n',
      `BUNDLE/manifests/a.yaml has 3 problems:
  BUNDLE/manifests/a.yaml:1:1: this object has no "apiVersion"
  BUNDLE/manifests/a.yaml:3:1: this object has no "kind"
  BUNDLE/manifests/a.yaml:5:1: a Kubernetes object must be a map, not [1]`,
    ],
    [
      'a tab',
      'a:\n\tb: 1\n',
      'BUNDLE/manifests/a.yaml:2:1: not valid YAML: Tabs are not allowed as indentation',
    ],
  ] as const) {
    it(`are refused with file, line and column: ${what}`, async () =>
      expect(await refusal(text)).to.equal(says));
  }
});
