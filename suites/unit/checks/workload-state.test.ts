// SPDX-License-Identifier: Apache-2.0
import type { V1Deployment, V1Job } from '@kubernetes/client-node';
import { expect } from 'chai';
import { withWarning } from '../../../harness/checks/explain-unsettled.ts';
import { type Workloads, unsettledOf } from '../../../harness/checks/workload-state.ts';
import { container, event, pod } from './kubernetes-objects.ts';

const NOTHING: Workloads = {
  deployments: [],
  statefulSets: [],
  daemonSets: [],
  replicaSets: [],
  jobs: [],
  pods: [],
};
const META = { namespace: 'shop', name: 'web', uid: 'u1', generation: 2 };
const SELECTOR = { matchLabels: { app: 'web' } };
const TEMPLATE = {};

function found(some: Partial<Workloads>): string[] {
  return unsettledOf({ ...NOTHING, ...some }).map(
    ({ what, why, hopeless }) => `${what}: ${why}${hopeless ? ' (hopeless)' : ''}`,
  );
}

function deployment(status: V1Deployment['status'], replicas = 2): V1Deployment {
  return {
    metadata: META,
    spec: { replicas, selector: SELECTOR, template: TEMPLATE },
    ...(status && { status }),
  };
}

describe('workloads that are not settled', () => {
  it('nothing is settled, and so is a cluster without workloads', () => {
    expect(found({})).to.deep.equal([]);
  });

  it('a Deployment: all replicas available, of its newest template, and its status up to date', () => {
    const good = { availableReplicas: 2, updatedReplicas: 2, observedGeneration: 2 };
    expect(found({ deployments: [deployment(good)] })).to.deep.equal([]);
    for (const [status, count] of [
      [{ ...good, availableReplicas: 1 }, 1],
      [{ ...good, updatedReplicas: 0 }, 0],
      [{ ...good, observedGeneration: 1 }, 2],
      [undefined, 0],
    ] as const) {
      expect(found({ deployments: [deployment(status)] })).to.deep.equal([
        `shop/Deployment/web: ${count} of 2 replicas available`,
      ]);
    }
    expect(found({ deployments: [deployment({ observedGeneration: 2 }, 0)] })).to.deep.equal([]);
  });

  it('is blamed on its own pods, the hopeless one first', () => {
    const creating = container({ waiting: { reason: 'ContainerCreating' } });
    const unpulled = container({ waiting: { reason: 'ImagePullBackOff' } });
    const pods = [
      pod({
        name: 'web-a',
        labels: { app: 'web' },
        owner: { kind: 'ReplicaSet', uid: 'r' },
        containers: [creating],
      }),
      pod({
        name: 'web-b',
        labels: { app: 'web' },
        owner: { kind: 'ReplicaSet', uid: 'r' },
        containers: [unpulled],
      }),
      pod({
        name: 'db-a',
        labels: { app: 'db' },
        owner: { kind: 'ReplicaSet', uid: 's' },
        containers: [unpulled],
      }),
    ];
    expect(found({ deployments: [deployment({})], pods })).to.deep.equal([
      'shop/Deployment/web: 0 of 2 replicas available: container app of pod web-b (registry.example/app:1): ImagePullBackOff (hopeless)',
    ]);
  });

  it('a StatefulSet, a DaemonSet and a ReplicaSet of nobody', () => {
    const set = { metadata: META, spec: { replicas: 3, selector: SELECTOR, template: TEMPLATE } };
    expect(
      found({
        statefulSets: [{ ...set, status: { replicas: 3, readyReplicas: 2, observedGeneration: 2 } }],
        daemonSets: [
          {
            metadata: META,
            spec: { selector: SELECTOR, template: TEMPLATE },
            status: {
              currentNumberScheduled: 1,
              desiredNumberScheduled: 1,
              numberMisscheduled: 0,
              numberReady: 0,
              observedGeneration: 2,
            },
          },
        ],
        replicaSets: [
          { ...set, status: { replicas: 0 } },
          {
            ...set,
            metadata: {
              ...META,
              ownerReferences: [
                { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x', uid: 'y', controller: true },
              ],
            },
          },
        ],
      }),
    ).to.deep.equal([
      'shop/StatefulSet/web: 2 of 3 replicas ready',
      'shop/DaemonSet/web: 0 of 1 pods available',
      'shop/ReplicaSet/web: 0 of 3 replicas available',
    ]);
  });

  it('a suspended Job of K3s’s helm-controller, which lets it go itself', () => {
    const metadata = { ...META, labels: { 'helmcharts.helm.cattle.io/chart': 'web' } };
    expect(found({ jobs: [{ metadata, spec: { template: TEMPLATE, suspend: true } }] })).to.deep.equal([
      'shop/Job/web: 0 of 1 completed',
    ]);
  });

  it('a Job: complete, suspended, failed, or at it', () => {
    const job = (status: V1Job['status'], suspend = false): V1Job => ({
      metadata: META,
      spec: { template: TEMPLATE, suspend },
      ...(status && { status }),
    });
    const pods = [
      pod({
        name: 'web-x',
        owner: { kind: 'Job', uid: 'u1' },
        containers: [container({ terminated: { exitCode: 3, reason: 'Error' } })],
      }),
    ];
    expect(
      found({
        jobs: [
          job({ conditions: [{ type: 'Complete', status: 'True' }] }),
          job({}, true),
          job({
            conditions: [
              { type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', message: 'too often' },
            ],
          }),
          job({ succeeded: 1 }),
        ],
        pods,
      }),
    ).to.deep.equal([
      'shop/Job/web: failed: BackoffLimitExceeded too often: container app of pod web-x (registry.example/app:1): Error, exit code 3 (hopeless)',
      'shop/Job/web: 1 of 1 completed: container app of pod web-x (registry.example/app:1): Error, exit code 3',
    ]);
  });

  it('a pod of nobody, or of a controller that is not asked itself', () => {
    const pods = [
      pod({ name: 'ready', ready: true }),
      pod({ name: 'done', phase: 'Succeeded' }),
      pod({ name: 'failed', phase: 'Failed' }),
      pod({ name: 'starting', phase: 'Pending', ready: false }),
      pod({ name: 'operated', owner: { kind: 'PostgresCluster', uid: 'p' }, phase: 'Pending' }),
      pod({ name: 'owned', owner: { kind: 'StatefulSet', uid: 's' }, phase: 'Pending' }),
    ];
    expect(found({ pods })).to.deep.equal([
      'shop/Pod/failed: phase Failed (hopeless)',
      'shop/Pod/starting: phase Pending',
      'shop/Pod/operated: phase Pending',
    ]);
  });
});

describe('the last warning about what is unsettled', () => {
  const one = { what: 'shop/Deployment/web', why: '0 of 1', hopeless: false };
  const at = (minute: number): { lastTimestamp: Date } => ({
    lastTimestamp: new Date(Date.UTC(2026, 0, 1, 0, minute)),
  });

  it('of all that is named after the workload, the latest', () => {
    const warnings = [
      event('web-5c86-x1', 'old', at(1)),
      event('web-5c86', 'quota exceeded', { ...at(3), reason: 'FailedCreate' }),
      event('web-5c86-x2', 'older', at(2)),
      event('web-api-5c86-x1', 'of another workload', at(9)),
      event('web-5c86-x1', 'of another namespace', {
        ...at(9),
        involvedObject: { namespace: 'blog', name: 'web-5c86-x1' },
      }),
    ];
    expect(withWarning(one, warnings).why).to.equal('0 of 1; last warning: FailedCreate: quota exceeded');
  });

  it('nothing is added when there is none', () => {
    expect(withWarning(one, [event('website', 'of another workload', at(1))])).to.equal(one);
  });
});
