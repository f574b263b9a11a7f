// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { containerOf } from '../../../../harness/observe/containers/container-lines.ts';

const SANDBOX = {
  'io.kubernetes.cri.container-type': 'sandbox',
  'io.kubernetes.cri.sandbox-id': 'aa',
  'io.kubernetes.cri.sandbox-name': 'web-5c9',
  'io.kubernetes.cri.sandbox-namespace': 'shop',
  'io.kubernetes.cri.sandbox-uid': 'uid-1',
  'io.kubernetes.cri.podsandbox.image-name': 'docker.io/rancher/mirrored-pause:3.6',
};
const POD = { namespace: 'shop', name: 'web-5c9', uid: 'uid-1' };

describe('containers by the runtime’s annotations', () => {
  it('are named with their pod and image', () => {
    const annotations = {
      ...SANDBOX,
      'io.kubernetes.cri.container-type': 'container',
      'io.kubernetes.cri.container-name': 'app',
      'io.kubernetes.cri.image-name': 'docker.io/library/app:1',
    };
    expect(containerOf('bb', annotations)).to.deep.equal({
      type: 'container',
      id: 'bb',
      name: 'app',
      pod: POD,
      image: 'docker.io/library/app:1',
      sandbox: false,
    });
  });

  it('are told from the one that holds the pod', () => {
    expect(containerOf('aa', SANDBOX)).to.deep.equal({
      type: 'container',
      id: 'aa',
      name: 'sandbox',
      pod: POD,
      image: 'docker.io/rancher/mirrored-pause:3.6',
      sandbox: true,
    });
  });

  it('are not those of others than Kubernetes', () => {
    expect(containerOf('cc', { 'org.example': 'x' })).to.equal(null);
  });
});
