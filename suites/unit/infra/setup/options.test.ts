// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { HarnessError } from '../../../../harness/core/errors.ts';
import { parseOptions } from '../../../../infra/setup/options.ts';

describe('parseOptions of setup', () => {
  const home = { XDG_CACHE_HOME: '/home/someone/.cache' };

  it('installs, with a browser and a release of K3s, unless told otherwise', () => {
    expect(parseOptions([], home)).to.deep.equal({
      services: new Set(),
      install: true,
      browser: true,
      k3s: { from: 'release', base: new URL('https://github.com/k3s-io/k3s/releases/download') },
      providers: new Set(),
      parts: ['helm-controller', 'local-storage', 'servicelb'],
      cache: '/home/someone/.cache/airgap-readiness',
    });
    expect(parseOptions(['--no-install', '--no-browser', '--k3s', '/opt/k3s'], home)).to.deep.equal({
      services: new Set(),
      install: false,
      browser: false,
      k3s: { from: 'path', binary: '/opt/k3s' },
      providers: new Set(),
      parts: ['helm-controller', 'local-storage', 'servicelb'],
      cache: '/home/someone/.cache/airgap-readiness',
    });
  });

  it('takes cache and K3s from the environment; the command line wins; empty means not set', () => {
    const env = { AIRGAP_CACHE: '/big/cache', AIRGAP_K3S: '/env/k3s' };
    expect(parseOptions([], env)?.cache).to.equal('/big/cache');
    expect(parseOptions([], env)?.k3s).to.deep.equal({ from: 'path', binary: '/env/k3s' });
    expect(parseOptions(['--k3s=/line/k3s'], env)?.k3s).to.deep.equal({ from: 'path', binary: '/line/k3s' });
    expect(parseOptions(['--stand-in'], env)?.k3s).to.deep.equal({ from: 'stand-in' });
    const empty = parseOptions([], { ...home, AIRGAP_K3S: '', AIRGAP_K3S_RELEASES: '', AIRGAP_CACHE: '' });
    expect(empty).to.deep.equal(parseOptions([], home));
  });

  it('takes the site of releases from line and environment; a path of the environment wins over its site', () => {
    const env = { ...home, AIRGAP_K3S_RELEASES: 'http://mirror.example/k3s' };
    const site = (href: string): unknown => ({ from: 'release', base: new URL(href) });
    expect(parseOptions([], env)?.k3s).to.deep.equal(site('http://mirror.example/k3s'));
    expect(parseOptions(['--k3s-releases', 'https://other.example'], env)?.k3s).to.deep.equal(
      site('https://other.example'),
    );
    expect(parseOptions([], { ...env, AIRGAP_K3S: '/k3s' })?.k3s).to.have.property('from', 'path');
    expect(() => parseOptions([], { ...home, AIRGAP_K3S_RELEASES: 'mirror' })).to.throw(
      HarnessError,
      'AIRGAP_K3S_RELEASES "mirror" is not a URL',
    );
    expect(() => parseOptions(['--stand-in', '--k3s', '/k3s'], home)).to.throw(HarnessError, 'exclude');
  });

  it('makes what gates may declare when it is told to, and names a service that it does not know', () => {
    expect(parseOptions(['--with', 'registry'], home)?.services).to.deep.equal(new Set(['registry']));
    expect(() => parseOptions(['--with', 'ldap'], home)).to.throw(
      HarnessError,
      'does not know the part "ldap"',
    );
  });

  it('makes what other providers need when it is told to, and names one that it does not know', () => {
    expect(parseOptions(['--provider', 'container,vm'], home)?.providers).to.deep.equal(
      new Set(['container', 'vm']),
    );
    expect(() => parseOptions(['--provider', 'vm,cloud'], home)).to.throw(HarnessError, '"cloud"');
  });

  it('makes the parts of K3s that it is told to, in their own order, and names what it does not know', () => {
    const partsOf = (text: string): unknown => parseOptions(['--parts', text], home)?.parts;
    expect(partsOf('none')).to.deep.equal([]);
    expect(partsOf('traefik,local-storage')).to.deep.equal(['local-storage', 'traefik']);
    expect(() => partsOf('traefik,nginx')).to.throw(HarnessError, '"traefik,nginx"');
  });

  it('names an option that it does not know, and gives no options when help is asked for', () => {
    expect(() => parseOptions(['--fast'], home)).to.throw(HarnessError, '--fast');
    expect(parseOptions(['--help'], home)).to.equal(null);
  });
});
