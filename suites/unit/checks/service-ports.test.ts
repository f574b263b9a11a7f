// SPDX-License-Identifier: Apache-2.0
import type { V1EndpointSlice, V1Service, V1ServiceSpec } from '@kubernetes/client-node';
import { expect } from 'chai';
import { guards } from '../../../harness/checks/services-reachable.ts';
import { planServices, type ServicePlan } from '../../../harness/checks/service-ports.ts';
import { pod } from './kubernetes-objects.ts';

const SPEC = {
  clusterIP: '10.43.1.1',
  clusterIPs: ['10.43.1.1', 'fd43::1'],
  selector: { app: 'web' },
  ports: [{ port: 80 }],
};

function service(spec: V1ServiceSpec): V1Service {
  return { metadata: { namespace: 'shop', name: 'web' }, spec };
}

function slice(address: string, ready?: boolean): V1EndpointSlice {
  return {
    addressType: 'IPv4',
    metadata: { namespace: 'shop', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
    endpoints: [{ addresses: [address], conditions: ready === undefined ? {} : { ready } }],
  };
}

function plan(spec: V1ServiceSpec, slices: readonly V1EndpointSlice[], withPod = true): ServicePlan {
  const pods = withPod ? [pod({ name: 'web-1', labels: { app: 'web' } })] : [];
  return planServices({ services: [service(spec)], slices, pods, inside: new Set(['10.42.0.5']) });
}

const NOT_ASKED = { ask: [], problems: [] };

describe('which ports of Services are asked', () => {
  it('TCP ports of one with a ready endpoint: by name from a pod, by each address from the node', () => {
    const ports = [{ port: 80 }, { port: 53, protocol: 'UDP' }];
    expect(plan({ ...SPEC, ports }, [slice('10.42.0.5')])).to.deep.equal({
      ask: [
        {
          label: 'shop/web:80',
          namespace: 'shop',
          selector: { app: 'web' },
          byName: 'web.shop.svc:80',
          byAddress: ['10.43.1.1:80', '[fd43::1]:80'],
        },
      ],
      problems: [],
      skipped: ['shop/web:53 (UDP)'],
    });
  });

  it('one whose pods are not ready is a problem', () => {
    for (const slices of [[], [slice('10.42.0.5', false)]]) {
      expect(plan(SPEC, slices)).to.deep.equal({
        ask: [],
        problems: ['Service shop/web has no ready endpoint'],
        skipped: [],
      });
    }
  });

  it('one that selects no pod is meant for later', () => {
    expect(plan(SPEC, [], false)).to.deep.equal({ ...NOT_ASKED, skipped: ['shop/web (no pod is selected)'] });
  });

  it('never one that leads out of the cluster', () => {
    const { selector: _, ...free } = SPEC;
    expect(plan(free, [slice('198.51.100.7')])).to.deep.equal({
      ...NOT_ASKED,
      skipped: ['shop/web (leads out of the cluster, to 198.51.100.7)'],
    });
    expect(plan(free, [])).to.deep.equal({
      ...NOT_ASKED,
      skipped: ['shop/web (no selector and no endpoint yet)'],
    });
  });

  it('none without an address', () => {
    expect(plan({ ...SPEC, clusterIP: 'None' }, [slice('10.42.0.5')]).skipped).to.deep.equal([
      'shop/web (headless)',
    ]);
    expect(plan({ type: 'ExternalName', externalName: 'partner.example' }, []).skipped).to.deep.equal([
      'shop/web (ExternalName)',
    ]);
  });
});

describe('a NetworkPolicy that keeps strangers out', () => {
  const labels = { app: 'web', tier: 'front' };
  it('is one for incoming traffic that selects the pods', () => {
    const spec = { podSelector: { matchLabels: { app: 'web' } } };
    expect(guards({ spec }, labels)).to.equal(true);
    expect(guards({ spec: { ...spec, policyTypes: ['Ingress', 'Egress'] } }, labels)).to.equal(true);
    expect(guards({ spec: { ...spec, policyTypes: ['Egress'] } }, labels)).to.equal(false);
    expect(guards({ spec: { podSelector: {} } }, labels)).to.equal(true);
    expect(guards({ spec: { podSelector: { matchLabels: { app: 'db' } } } }, labels)).to.equal(false);
  });

  it('selects by expressions, too', () => {
    const by = (operator: string, values?: string[]): boolean =>
      guards(
        {
          spec: { podSelector: { matchExpressions: [{ key: 'tier', operator, ...(values && { values }) }] } },
        },
        labels,
      );
    expect([
      by('In', ['front', 'back']),
      by('NotIn', ['back']),
      by('Exists'),
      by('DoesNotExist'),
      by('In', ['back']),
      by('NotIn', ['front']),
      by('Sideways'),
    ]).to.deep.equal([true, true, true, false, false, false, false]);
  });
});
