// SPDX-License-Identifier: Apache-2.0
import type { V1Service } from '@kubernetes/client-node';
import { expect } from 'chai';
import { type TraefikObject, traefikRoutes } from '../../../harness/checks/traefik-routes.ts';

const services: V1Service[] = [
  {
    metadata: { namespace: 'shop', name: 'web' },
    spec: { clusterIP: '10.43.0.7', ports: [{ name: 'http', port: 80 }] },
  },
];

type Spec = TraefikObject['spec'];
const route = (match: string, more: object = {}): Spec['routes'][number] => ({
  match,
  middlewares: [],
  services: [{ name: 'web', kind: 'Service', port: 'http' }],
  ...more,
});
const of = (spec: Spec, middlewares: readonly string[] = []): ReturnType<typeof traefikRoutes> =>
  traefikRoutes({ metadata: { name: 'front', namespace: 'shop' }, spec }, services, new Set(middlewares));

describe('routes of an IngressRoute', () => {
  it('are one for each host of a rule, with its path and the Service behind it', () => {
    const { routes, skipped, problems } = of({
      routes: [route('(Host(`a.example`) || Host(`b.example`)) && PathPrefix(`/api`)'), route('Path(`/x`)')],
    });
    expect([skipped, problems]).to.deep.equal([[], []]);
    expect(routes.map(({ url, backend, tls }) => [url, backend, tls])).to.deep.equal([
      ['a.example/api', '10.43.0.7:80', false],
      ['b.example/api', '10.43.0.7:80', false],
      ['any.example/x', '10.43.0.7:80', false],
    ]);
  });

  it('are asked by the schemes of their entry points', () => {
    const schemes = (spec: Omit<Spec, 'routes'>): unknown =>
      of({ ...spec, routes: [route('Host(`a.example`)')] }).routes.map((one) => one.schemes)[0];
    expect(schemes({})).to.deep.equal(['http', 'https']);
    expect(schemes({ tls: {} })).to.deep.equal(['https']);
    expect(schemes({ entryPoints: ['web'] })).to.deep.equal(['http']);
    expect(schemes({ entryPoints: ['websecure'] })).to.deep.equal(['https']);
  });

  it('are not asked where a plain question does not fit, which is said', () => {
    const { routes, skipped } = of({ routes: [route('Host(`a.example`) && Header(`X`, `1`)')] });
    expect([routes.length, skipped]).to.deep.equal([
      0,
      ['IngressRoute shop/front (Host(`a.example`) && Header(`X`, `1`))'],
    ]);
    expect(of({ entryPoints: ['metrics'], routes: [route('Host(`a.example`)')] }).skipped).to.deep.equal([
      'IngressRoute shop/front (metrics)',
    ]);
  });

  it('want their Middlewares, which change what the Service answers', () => {
    const spec = {
      routes: [route('Host(`a.example`)', { middlewares: [{ name: 'strip' }, { name: 'x@file' }] })],
    };
    expect(of(spec).problems).to.deep.equal([
      'IngressRoute shop/front names Middleware shop/strip, which does not exist',
    ]);
    const { problems, routes } = of(spec, ['shop/strip']);
    expect([problems, routes[0]?.changed]).to.deep.equal([[], true]);
  });
});
