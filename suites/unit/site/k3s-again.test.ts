// SPDX-License-Identifier: Apache-2.0
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { expect } from 'chai';
import { isFromBefore } from '../../../harness/site/k3s-again.ts';

const CUT = Date.parse('2026-05-04T03:02:01Z');

function status(state: V1ContainerStatus['state']): V1ContainerStatus {
  return { name: 'c', image: 'i', imageID: 'i', ready: true, restartCount: 0, state: state ?? {} };
}

function running(seconds: number): V1ContainerStatus {
  return status({ running: { startedAt: new Date(CUT + seconds * 1000) } });
}

describe('what the API says of a pod after a restart of its node', () => {
  it('is from before while a container, or a sidecar, is told to run since then', () => {
    const pod = (containers: V1ContainerStatus[], init: V1ContainerStatus[] = []): V1Pod => ({
      status: { containerStatuses: containers, initContainerStatuses: init },
    });
    expect(isFromBefore(pod([running(-60)]), CUT)).to.equal(true);
    expect(isFromBefore(pod([running(0)]), CUT)).to.equal(true);
    expect(isFromBefore(pod([running(7)]), CUT)).to.equal(false);
    expect(isFromBefore(pod([running(7), running(-60)]), CUT)).to.equal(true);
    expect(isFromBefore(pod([running(7)], [running(-60)]), CUT)).to.equal(true);
  });

  it('is not when nothing is told to run, or the pod is being deleted', () => {
    const waiting = status({ waiting: { reason: 'PodInitializing' } });
    const over = status({ terminated: { exitCode: 0, finishedAt: new Date(CUT - 9000) } });
    expect(isFromBefore({ status: { containerStatuses: [waiting, over] } }, CUT)).to.equal(false);
    expect(isFromBefore({}, CUT)).to.equal(false);
    const metadata = { deletionTimestamp: new Date(CUT) };
    expect(isFromBefore({ metadata, status: { containerStatuses: [running(-60)] } }, CUT)).to.equal(false);
  });
});
