// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { PROXY } from '../../../harness/core/proxy.ts';
import { containerIdOf, LogBuilder, RUN, uidOf } from './log-builder.ts';

const POD = '10.42.0.7';
const NODE = '10.99.0.1';
const TO_PROXY = { protocol: 'tcp', ...PROXY } as const;

/** A site whose service range is not inside, as in profile `proxy`. */
function site(proxy: object): LogBuilder {
  const inside = {
    ...RUN.inside,
    node: ['10.99.0.0/26', '10.99.0.128/25'],
    site: ['10.99.0.64/26'],
    ...proxy,
  };
  return new LogBuilder({ inside })
    .task('n1:100:1', '/usr/bin/pip', { container: containerIdOf('app'), podUid: uidOf('app') })
    .pod('app', POD)
    .saw('routes', 20, TO_PROXY, { task: 'n1:100:1', from: { address: POD, port: 4001 } })
    .saw('cni', 20, TO_PROXY, { from: { address: POD, port: 4001 } })
    .saw('link', 20, TO_PROXY, { from: { address: NODE, port: 4001 } });
}

function asked(name: string, port = 443): LogBuilder {
  const to = { protocol: 'tcp', name, port } as const;
  return site({ proxy: PROXY }).saw('sink', 20.1, to, { from: { address: NODE, port: 4001 } });
}

describe('attempts by the site’s proxy', () => {
  it('are what the proxy was asked for, by who has the connection to it; the proxy is no destination', () => {
    const [attempt, ...more] = asked('pypi.org').attempts();
    expect(more).to.deep.equal([]);
    expect([attempt?.protocol, attempt?.destination.name, attempt?.destination.port]).to.deep.equal([
      'tcp',
      'pypi.org',
      443,
    ]);
    expect([attempt?.source.owner, attempt?.source.process.exe]).to.deep.equal([
      'Deployment/app',
      '/usr/bin/pip',
    ]);
    expect(attempt?.evidence[0]?.text).to.include('asked of the site’s proxy');
  });

  it('a connection that asks for nothing is none', () => {
    expect(site({ proxy: PROXY }).attempts()).to.deep.equal([]);
  });

  it('nor is what the site itself has: there is no way out in it', () => {
    expect(asked('web.shop.svc', 80).attempts()).to.deep.equal([]);
    const inside = { protocol: 'tcp', address: '10.43.0.7', port: 80 } as const;
    const log = site({ proxy: PROXY }).saw('sink', 20.1, inside, { from: { address: NODE, port: 4001 } });
    expect(log.attempts()).to.deep.equal([]);
  });

  it('where no proxy is, the same connection is an attempt', () => {
    expect(
      site({})
        .attempts()
        .map(({ destination }) => destination.address),
    ).to.deep.equal([PROXY.address]);
  });
});
