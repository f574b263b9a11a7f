// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { EMPTY_GATE, type Gate } from '../../../harness/core/gate.ts';
import type { GateServices } from '../../../harness/core/gate-services.ts';
import { InsideAddresses } from '../../../harness/core/inside-addresses.ts';
import { MOST_SERVICES, SERVICE_RANGE, serviceAddress } from '../../../harness/core/site.ts';
import { makePlan } from '../../../harness/plan/plan.ts';
import { planServices, planZone } from '../../../harness/plan/plan-services.ts';
import { routeImages } from '../../../harness/plan/route-images.ts';
import { EMPTY_BUNDLE } from '../../support/empty-bundle.ts';

export const NOTHING: GateServices = {
  authority: { files: null, nodes: true },
  registry: null,
  ntp: null,
  charts: null,
  packages: null,
  files: null,
  zone: {},
};
const REGISTRY = {
  host: 'registry.site.example',
  port: 443,
  tls: true,
  login: null,
  projects: {},
  images: 'all',
} as const;

const gate: Gate = {
  ...EMPTY_GATE,
  internal: [
    { name: 'mail', hosts: ['mail.site.example'], cidrs: [], ports: [25], description: null },
    {
      name: 'ldap',
      hosts: ['LDAP.corp.example', '*.dc.example'],
      cidrs: [],
      ports: [389, 636],
      description: 'directory',
      serve: { kind: 'tcp' },
    },
  ],
  services: {
    ...NOTHING,
    registry: REGISTRY,
    zone: {
      'shop.site.example': 'node',
      'images.site.example': 'registry',
      'old.site.example': '10.20.0.1',
    },
  },
};

describe('the services of a site', () => {
  it('are none unless declared, and then the site is as it always was', () => {
    expect(planServices(EMPTY_GATE)).to.deep.equal([]);
    const { inside, zone } = makePlan(EMPTY_BUNDLE, EMPTY_GATE, [], {
      quietMs: 0,
      settleTimeoutMs: 0,
      memoryMiB: 0,
    });
    expect([inside.node, inside.site, zone]).to.deep.equal([['10.99.0.0/24', 'fd99::/64'], undefined, []]);
  });

  it('have an address and the names that they are declared with; what is only declared has none', () => {
    expect(
      planServices(gate).map(({ name, kind, address, hosts, ports, internal }) => ({
        name,
        kind,
        address,
        hosts,
        ports,
        internal,
      })),
    ).to.deep.equal([
      {
        name: 'registry',
        kind: 'registry',
        address: '10.99.0.65',
        hosts: ['registry.site.example'],
        ports: [443],
        internal: null,
      },
      {
        name: 'internal-2',
        kind: 'tcp',
        address: '10.99.0.66',
        hosts: ['ldap.corp.example', '*.dc.example'],
        ports: [389, 636],
        internal: 'ldap',
      },
    ]);
  });

  it('lie in the node’s network and are not taken for inside, so that their users are seen', () => {
    const { inside } = makePlan(EMPTY_BUNDLE, gate, [], { quietMs: 0, settleTimeoutMs: 0, memoryMiB: 0 });
    const addresses = new InsideAddresses(inside);
    expect(inside.site).to.deep.equal([SERVICE_RANGE]);
    for (const address of ['10.99.0.1', '10.99.0.2', '10.99.0.63', '10.99.0.128', '10.99.0.255', 'fd99::1'])
      expect([address, addresses.has(address)]).to.deep.equal([address, true]);
    for (const address of [serviceAddress(0), serviceAddress(MOST_SERVICES - 1)])
      expect([address, addresses.has(address)]).to.deep.equal([address, false]);
  });

  it('are refused when the site has no room for them', () => {
    const one = gate.internal[1];
    const many = Array.from({ length: 63 }, (_, index) => ({ ...one, name: `n${index}` }) as never);
    expect(() => planServices({ ...gate, internal: many })).to.throw('declares 64 services');
  });

  it('are in the internal zone, with the names that the gate adds before them', () => {
    expect(planZone(gate, planServices(gate), '10.99.0.1')).to.deep.equal([
      { name: 'shop.site.example', address: '10.99.0.1' },
      { name: 'images.site.example', address: '10.99.0.65' },
      { name: 'old.site.example', address: '10.20.0.1' },
      { name: 'registry.site.example', address: '10.99.0.65' },
      { name: 'ldap.corp.example', address: '10.99.0.66' },
      { name: '*.dc.example', address: '10.99.0.66' },
    ]);
  });
});

describe('the ways of images', () => {
  it('are the bundle’s, unless the gate sends all but the platform’s own through the registry', () => {
    const image = {
      reference: 'docker.io/library/a:1',
      configDigest: 'sha256:a',
      manifestDigest: null,
      format: 'docker-archive',
      platform: null,
      archive: 'a.tar',
      platformImage: false,
      layers: 1,
      size: 1,
    } as const;
    const bundle = {
      ...EMPTY_BUNDLE,
      images: [image, { ...image, platformImage: true }],
      imageArchives: ['/b/a.tar'],
    };
    expect(routeImages(bundle, EMPTY_GATE)).to.equal(bundle);
    const routed = routeImages(bundle, gate);
    expect([routed.imageArchives, routed.registryArchives]).to.deep.equal([[], ['/b/a.tar']]);
    expect(routed.images.map(({ via }) => via)).to.deep.equal(['registry', undefined]);
  });
});
