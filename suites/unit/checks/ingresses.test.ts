// SPDX-License-Identifier: Apache-2.0
import type { V1Ingress, V1Service } from '@kubernetes/client-node';
import { expect } from 'chai';
import { ingressRoutes } from '../../../harness/checks/ingress-routes.ts';
import { routeProblem } from '../../../harness/checks/ingresses.ts';
import { published } from '../../../harness/checks/site-addresses.ts';

const services: V1Service[] = [
  {
    metadata: { namespace: 'shop', name: 'web' },
    spec: { clusterIP: '10.43.0.7', ports: [{ name: 'http', port: 80 }] },
  },
  { metadata: { namespace: 'other', name: 'api' }, spec: { clusterIP: '10.43.0.8', ports: [{ port: 1 }] } },
  { metadata: { namespace: 'shop', name: 'bare' }, spec: { clusterIP: '10.43.0.9', ports: [{ port: 2 }] } },
];

const ingress = (spec: V1Ingress['spec']): V1Ingress => ({
  metadata: { namespace: 'shop', name: 'front' },
  ...(spec && { spec }),
});

describe('routes of an Ingress', () => {
  it('are one for each rule and path, with the Service’s address behind it', () => {
    const backend = { service: { name: 'web', port: { name: 'http' } } };
    const routes = ingressRoutes(
      ingress({
        tls: [{ hosts: ['shop.example'], secretName: 'x' }],
        rules: [
          { host: 'shop.example', http: { paths: [{ path: '/api', pathType: 'Prefix', backend }] } },
          { host: '*.shop.example', http: { paths: [{ pathType: 'Prefix', backend }] } },
        ],
      }),
      services,
    );
    expect(routes).to.deep.equal([
      {
        ingress: 'shop/front',
        url: 'shop.example/api',
        host: 'shop.example',
        tls: true,
        backend: '10.43.0.7:80',
      },
      {
        ingress: 'shop/front',
        url: 'any.shop.example/',
        host: 'any.shop.example',
        tls: false,
        backend: '10.43.0.7:80',
      },
    ]);
  });

  it('include the default backend; a Service of another namespace, or another port, is none', () => {
    const to = (name: string, number: number): V1Ingress =>
      ingress({ defaultBackend: { service: { name, port: { number } } } });
    expect(ingressRoutes(to('web', 80), services)).to.have.nested.property('[0].backend', '10.43.0.7:80');
    expect(ingressRoutes(to('web', 81), services)).to.have.nested.property('[0].backend', null);
    expect(ingressRoutes(to('bare', 1), services)).to.have.nested.property('[0].backend', null);
    expect(ingressRoutes(to('api', 1), services)).to.have.nested.property('[0].backend', null);
  });
});

describe('an answer through an Ingress', () => {
  const plain = { isHttps: false, tls: false };
  const of = (status: number): { ok: boolean; error: string; status: number } => ({
    ok: true,
    error: '',
    status,
  });

  it('is right when the Service itself answers alike, also when that is a refusal', () => {
    expect(routeProblem(of(200), of(204), plain)).to.equal(null);
    expect(routeProblem(of(401), of(403), plain)).to.equal(null);
    expect(routeProblem(of(404), of(404), plain)).to.equal(null);
    expect(routeProblem(of(404), of(200), plain)).to.equal(
      'status 404, while the Service itself answers 200',
    );
  });

  it('may lead on to HTTPS where there is HTTPS', () => {
    expect(routeProblem(of(308), of(200), { isHttps: false, tls: true })).to.equal(null);
    expect(routeProblem(of(308), of(200), { isHttps: true, tls: true })).to.contain('308');
    expect(routeProblem(of(308), of(200), plain)).to.contain('308');
  });

  it('is judged alone where the Service could not be asked', () => {
    const silent = { ok: false, status: 0 };
    expect(routeProblem(of(503), silent, plain)).to.equal('status 503: nothing answers behind it');
    expect(routeProblem(of(404), null, plain)).to.contain('no such Service port');
    expect(routeProblem(of(426), silent, plain)).to.equal(null);
    expect(routeProblem({ ok: false, error: 'refused', status: 0 }, of(200), plain)).to.equal('refused');
  });
});

describe('published addresses', () => {
  it('are asked only where a node has them', () => {
    const ingresses = [{ ip: '10.99.0.1' }, { ip: '192.0.2.1' }, { hostname: 'lb.example' }];
    expect(published(ingresses, new Set(['10.99.0.1']))).to.deep.equal({
      ask: ['10.99.0.1'],
      foreign: ['192.0.2.1', 'lb.example'],
    });
    expect(published(undefined, new Set())).to.deep.equal({ ask: [], foreign: [] });
  });
});
