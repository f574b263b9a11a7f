// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { normaliseImageReference, parseImageReference } from '../../../harness/core/image-reference.ts';

const DIGEST = `sha256:${'a1'.repeat(32)}`;

describe('image references', () => {
  for (const [written, full] of [
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['grafana/grafana', 'docker.io/grafana/grafana:latest'],
    ['docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['index.docker.io/library/busybox:stable', 'docker.io/library/busybox:stable'],
    ['quay.io/a/b/c:v1', 'quay.io/a/b/c:v1'],
    ['localhost/a', 'localhost/a:latest'],
    ['localhost:5000/a:1', 'localhost:5000/a:1'],
    ['registry.example:5000/a', 'registry.example:5000/a:latest'],
    ['[2001:db8::1]:5000/a', '[2001:db8::1]:5000/a:latest'],
    ['Upper/a', 'Upper/a:latest'],
    [`a/b@${DIGEST}`, `docker.io/a/b@${DIGEST}`],
    [`a/b:1@${DIGEST}`, `docker.io/a/b:1@${DIGEST}`],
    ['a__b/c-d.e:T_1.x-2', 'docker.io/a__b/c-d.e:T_1.x-2'],
  ] as const) {
    it(`"${written}" is ${full}`, () => expect(normaliseImageReference(written)).to.equal(full));
  }

  for (const text of [
    '',
    ':1',
    'a:',
    'A',
    'a//b',
    'a/b:tag/with/slash',
    'a b',
    'https://quay.io/a',
    'a@sha256:12',
    `a@${DIGEST}@${DIGEST}`,
    'a_-b',
    '-a',
    `a:${'t'.repeat(129)}`,
    `a/${'b'.repeat(300)}`,
  ]) {
    it(`"${text.slice(0, 30)}" is none`, () => expect(parseImageReference(text)).to.equal(null));
  }

  it('know whether the tag was written', () => {
    expect(parseImageReference('a')?.tagIsDefault).to.equal(true);
    expect(parseImageReference('a:latest')?.tagIsDefault).to.equal(false);
    expect(parseImageReference(`a@${DIGEST}`)).to.deep.equal({
      registry: 'docker.io',
      repository: 'library/a',
      tag: null,
      digest: DIGEST,
      tagIsDefault: false,
    });
  });
});
