// SPDX-License-Identifier: Apache-2.0
import { ApiException } from '@kubernetes/client-node';
import { expect } from 'chai';
import { Owners, type OwnerApis } from '../../../../harness/observe/pods/owners.ts';

interface Reference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller: boolean;
}

function reference(kind: string, name: string, controller = true): Reference {
  return { apiVersion: 'v1', kind, name, uid: `${kind}-${name}`, controller };
}

/** An API server that has these owners above the named objects; counts the questions. */
function apis(above: Readonly<Record<string, Reference | null | Error>>): {
  apis: OwnerApis;
  asked: string[];
} {
  const asked: string[] = [];
  const read = async ({
    name,
  }: {
    name: string;
  }): Promise<{ metadata: { ownerReferences: Reference[] } }> => {
    asked.push(name);
    const owner = above[name];
    if (owner instanceof Error) throw owner;
    if (owner === undefined) throw new ApiException(404, 'not found', {}, {});
    return await Promise.resolve({ metadata: { ownerReferences: owner === null ? [] : [owner] } });
  };
  return { asked, apis: { apps: { readNamespacedReplicaSet: read }, batch: { readNamespacedJob: read } } };
}

describe('owners of pods', () => {
  it('are what a person would edit', async () => {
    const owners = new Owners(
      apis({
        'web-5c9': reference('Deployment', 'web'),
        'nightly-1': reference('CronJob', 'nightly'),
        alone: null,
      }).apis,
    );
    const of = async (...ownerReferences: Reference[]): Promise<string> => {
      const { kind, name } = await owners.of({ name: 'pod-1', namespace: 'shop', ownerReferences });
      return `${kind}/${name}`;
    };
    expect(await of(reference('ReplicaSet', 'web-5c9'))).to.equal('Deployment/web');
    expect(await of(reference('Job', 'nightly-1'))).to.equal('CronJob/nightly');
    expect(await of(reference('ReplicaSet', 'alone'))).to.equal('ReplicaSet/alone');
    expect(await of(reference('ReplicaSet', 'deleted'))).to.equal('ReplicaSet/deleted');
    expect(await of(reference('DaemonSet', 'agent'))).to.equal('DaemonSet/agent');
    expect(await of(reference('Something', 'else', false), reference('StatefulSet', 'db'))).to.equal(
      'StatefulSet/db',
    );
    expect(await of()).to.equal('Pod/pod-1');
  });

  it('are the pod itself for a static pod, whose mirror the API gives to its node', async () => {
    const annotations = { 'kubernetes.io/config.mirror': '0a'.repeat(16) };
    const owners = new Owners(apis({}).apis);
    const mirror = { name: 'proxy-n1', namespace: 'shop', ownerReferences: [reference('Node', 'n1')] };
    expect(await owners.of({ ...mirror, annotations })).to.deep.equal({ kind: 'Pod', name: 'proxy-n1' });
  });

  it('are asked for once, unless the API server failed', async () => {
    const server = apis({ a: reference('Deployment', 'a'), b: new Error('connection refused') });
    const owners = new Owners(server.apis);
    for (const name of ['a', 'a', 'b', 'b']) {
      await owners.of({ name: 'p', namespace: 'n', ownerReferences: [reference('ReplicaSet', name)] });
    }
    expect(server.asked).to.deep.equal(['a', 'b', 'b']);
  });
});
