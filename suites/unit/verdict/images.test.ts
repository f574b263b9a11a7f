// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import type { ImageItem } from '../../../harness/core/bundle.ts';
import { findInBundle, otherTagsInBundle, registryHosts } from '../../../harness/verdict/images.ts';
import { RUN } from './log-builder.ts';

const HEX = 'a'.repeat(64);

function item(reference: string | null, rest: Partial<ImageItem> = {}): ImageItem {
  return {
    reference,
    configDigest: `sha256:${'1'.repeat(64)}`,
    manifestDigest: null,
    format: 'oci-layout',
    platform: null,
    archive: `${reference ?? 'unnamed'}.tar`,
    platformImage: false,
    layers: 1,
    size: 1,
    ...rest,
  };
}

describe('the image of a container', () => {
  const bundle = {
    ...RUN.bundle,
    images: [
      item('docker.io/library/nginx:1.27'),
      item('quay.io/acme/api:2', { manifestDigest: `sha256:${HEX}` }),
      item(null, { configDigest: `sha256:${'c'.repeat(64)}` }),
    ],
  };

  for (const [image, archive] of [
    ['nginx:1.27', 'docker.io/library/nginx:1.27.tar'],
    ['quay.io/acme/api:2', 'quay.io/acme/api:2.tar'],
    [`quay.io/acme/api@sha256:${HEX}`, 'quay.io/acme/api:2.tar'],
    [`sha256:${'c'.repeat(64)}`, 'unnamed.tar'],
    ['c'.repeat(64), 'unnamed.tar'],
    ['nginx', null],
    ['nginx:1.28', null],
    ['', null],
  ] as const) {
    it(`${image || '(empty)'} is ${archive === null ? 'not in the bundle' : `in ${archive}`}`, () =>
      expect(findInBundle(image, bundle)?.archive ?? null).to.equal(archive));
  }

  it('may be in the bundle under another tag', () => {
    expect(otherTagsInBundle('nginx:1.28', bundle)).to.deep.equal(['docker.io/library/nginx:1.27']);
    expect(otherTagsInBundle('redis', bundle)).to.deep.equal([]);
    expect(otherTagsInBundle('not a reference', bundle)).to.deep.equal([]);
  });

  it('tells the hosts that a pull asks for', () => {
    expect(registryHosts('nginx').hosts).to.include.members(['registry-1.docker.io', 'auth.docker.io']);
    expect(registryHosts('Reg.Example:5000/x:1')).to.deep.equal({ hosts: ['reg.example'], port: 5000 });
    expect(registryHosts('[2001:db8::1]:5000/x')).to.deep.equal({ hosts: ['2001:db8::1'], port: 5000 });
    expect(registryHosts('not a reference')).to.deep.equal({ hosts: [], port: null });
  });
});
