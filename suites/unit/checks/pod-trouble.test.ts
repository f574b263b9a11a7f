// SPDX-License-Identifier: Apache-2.0
import type { V1ContainerState, V1ContainerStatus } from '@kubernetes/client-node';
import { expect } from 'chai';
import { isUnwell } from '../../../harness/checks/gather-evidence.ts';
import { podTroubles } from '../../../harness/checks/pod-trouble.ts';
import { container, pod } from './kubernetes-objects.ts';

const RUNNING: V1ContainerState = { running: {} };

function trouble(state: V1ContainerState, changes: Partial<V1ContainerStatus> = {}): string[] {
  const found = podTroubles(pod({ name: 'web-1', containers: [container(state, changes)] }));
  return found.map(({ text, hopeless }) => (hopeless ? `hopeless: ${text}` : text));
}

describe('what keeps a pod from running', () => {
  it('nothing, when its containers are ready, have ended well, or wait for an init container', () => {
    expect(trouble(RUNNING, { ready: true })).to.deep.equal([]);
    expect(trouble({ terminated: { exitCode: 0 } })).to.deep.equal([]);
    expect(trouble({ waiting: { reason: 'PodInitializing' } })).to.deep.equal([]);
    expect(trouble({ waiting: {} })).to.deep.equal([]);
  });

  it('an image that is not there: container, image, reason and message', () => {
    expect(trouble({ waiting: { reason: 'ErrImagePull', message: 'no such host' } })).to.deep.equal([
      'hopeless: container app of pod web-1 (registry.example/app:1): ErrImagePull: no such host',
    ]);
  });

  it('a crash loop tells how the last life ended', () => {
    expect(
      trouble(
        { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } },
        { lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } },
      ),
    ).to.deep.equal([
      'hopeless: container app of pod web-1 (registry.example/app:1): CrashLoopBackOff, it ended with exit code 137 (OOMKilled): back-off 10s',
    ]);
  });

  it('what only takes time is not hopeless', () => {
    expect(trouble({ waiting: { reason: 'ContainerCreating' } })).to.deep.equal([
      'container app of pod web-1 (registry.example/app:1): ContainerCreating',
    ]);
    expect(trouble(RUNNING)).to.deep.equal(['container app of pod web-1 is not ready']);
    expect(trouble({ terminated: { exitCode: 1, reason: 'Error' } })).to.deep.equal([
      'container app of pod web-1 (registry.example/app:1): Error, exit code 1',
    ]);
  });

  it('a container that ended with an error again and again, whatever the kubelet calls it', () => {
    const ended = { terminated: { exitCode: 1, reason: 'Error' } };
    expect(trouble(ended, { restartCount: 1 })).to.deep.equal([
      'container app of pod web-1 (registry.example/app:1): Error, exit code 1, 2 times',
    ]);
    expect(trouble(ended, { restartCount: 2 })).to.deep.equal([
      'hopeless: container app of pod web-1 (registry.example/app:1): Error, exit code 1, 3 times',
    ]);
  });

  it('init containers come first: the others wait for them', () => {
    const found = podTroubles(
      pod({
        name: 'web-1',
        inits: [container({ waiting: { reason: 'ErrImageNeverPull' } }, { name: 'fetch' })],
        containers: [container({ waiting: { reason: 'PodInitializing' } })],
      }),
    );
    expect(found.map(({ text }) => text)).to.deep.equal([
      'container fetch of pod web-1 (registry.example/app:1): ErrImageNeverPull',
    ]);
  });

  it('a pod without a node, and one that was evicted', () => {
    const metadata = { namespace: 'shop', name: 'web-1' };
    expect(
      podTroubles({
        metadata,
        status: {
          conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes: Insufficient memory' }],
        },
      }),
    ).to.deep.equal([
      { text: 'pod web-1 is not scheduled: 0/1 nodes: Insufficient memory', hopeless: false },
    ]);
    expect(
      podTroubles({ metadata, status: { phase: 'Failed', reason: 'Evicted', message: 'disk is full' } }),
    ).to.deep.equal([{ text: 'pod web-1: Evicted: disk is full', hopeless: true }]);
  });
});

describe('pods that evidence is gathered of', () => {
  const isTold = (state: V1ContainerState, changes: Partial<V1ContainerStatus>, phase = 'Running'): boolean =>
    isUnwell(pod({ name: 'x', phase, containers: [container(state, changes)] }));

  it('all that do not run with ready containers in their first life', () => {
    expect(isTold(RUNNING, { ready: true })).to.equal(false);
    expect(isTold({ terminated: { exitCode: 0 } }, {}, 'Succeeded')).to.equal(false);
    expect(isTold(RUNNING, { ready: false })).to.equal(true);
    expect(isTold(RUNNING, { ready: true, restartCount: 1 })).to.equal(true);
    expect(isTold({ waiting: { reason: 'ContainerCreating' } }, {}, 'Pending')).to.equal(true);
    expect(isTold({ terminated: { exitCode: 1 } }, {}, 'Failed')).to.equal(true);
  });
});
