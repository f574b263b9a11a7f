// SPDX-License-Identifier: Apache-2.0
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { expect } from 'chai';
import { podFacts, podRefOf, waitingPulls } from '../../../../harness/observe/pods/pod-facts.ts';

const POD: V1Pod = {
  metadata: { namespace: 'shop', name: 'web-1', uid: 'uid-1', labels: { app: 'web' } },
  spec: {
    initContainers: [{ name: 'fetch', image: 'busybox' }],
    containers: [{ name: 'app', image: 'app:1', imagePullPolicy: 'Always' }],
    ephemeralContainers: [{ name: 'debug', image: 'debug:1' }],
  },
  status: { podIP: '10.42.0.7', podIPs: [{ ip: '10.42.0.7' }, { ip: 'fd42::7' }] },
};
const REF = { namespace: 'shop', name: 'web-1', uid: 'uid-1' };

function status(name: string, reason: string): V1ContainerStatus {
  const state = { waiting: { reason, message: 'why' } };
  return { name, image: `${name}:1`, imageID: '', ready: false, restartCount: 0, state };
}

describe('facts of a pod', () => {
  it('are its owner, addresses and containers', () => {
    expect(podRefOf(POD)).to.deep.equal(REF);
    expect(podFacts(POD, REF, { kind: 'Deployment', name: 'web' })).to.deep.equal({
      type: 'pod',
      pod: REF,
      owner: { kind: 'Deployment', name: 'web' },
      ips: ['10.42.0.7', 'fd42::7'],
      hostNetwork: false,
      containers: [
        { name: 'fetch', image: 'busybox', kind: 'init' },
        { name: 'app', image: 'app:1', kind: 'container', pullPolicy: 'Always' },
        { name: 'debug', image: 'debug:1', kind: 'ephemeral' },
      ],
      labels: { app: 'web' },
    });
  });

  it('are few for a pod that has just been made', () => {
    const made: V1Pod = { metadata: { namespace: 'shop', name: 'web-1', uid: 'uid-1' } };
    expect(podFacts(made, REF, { kind: 'Pod', name: 'web-1' })).to.deep.include({
      ips: [],
      containers: [],
      labels: {},
    });
    expect(podRefOf({})).to.equal(null);
  });

  it('tell the images that it waits for, and no other reason to wait', () => {
    const waiting: V1Pod = {
      status: {
        initContainerStatuses: [status('fetch', 'ImagePullBackOff')],
        containerStatuses: [
          status('app', 'ErrImagePull'),
          status('b', 'ErrImageNeverPull'),
          status('c', 'CrashLoopBackOff'),
        ],
      },
    };
    expect(waitingPulls(waiting, REF)).to.deep.equal([
      {
        type: 'pull',
        pod: REF,
        container: 'fetch',
        image: 'fetch:1',
        outcome: 'failed',
        message: 'ImagePullBackOff: why',
      },
      {
        type: 'pull',
        pod: REF,
        container: 'app',
        image: 'app:1',
        outcome: 'failed',
        message: 'ErrImagePull: why',
      },
    ]);
  });
});
