// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { normaliseImage, registryHosts } from '../../../harness/verdict/images.ts';

const D = `sha256:${'a'.repeat(64)}`;

describe('image references', () => {
  for (const [short, full] of [
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['acme/api', 'docker.io/acme/api:latest'],
    ['index.docker.io/acme/api:1', 'docker.io/acme/api:1'],
    ['localhost/api:1', 'localhost/api:1'],
    ['reg:5000/api', 'reg:5000/api:latest'],
    ['reg.example/a/b/c:1', 'reg.example/a/b/c:1'],
    [`nginx@${D}`, `docker.io/library/nginx@${D}`],
    [`nginx:1@${D}`, `docker.io/library/nginx:1@${D}`],
    [D, D],
  ] as const) {
    it(`${short} is ${full}`, () => expect(normaliseImage(short)).to.equal(full));
  }

  it('tell the hosts that a pull asks for', () => {
    expect(registryHosts('nginx').hosts).to.include.members(['registry-1.docker.io', 'auth.docker.io']);
    expect(registryHosts('Reg.Example:5000/x:1')).to.deep.equal({ hosts: ['reg.example'], port: 5000 });
  });
});
