// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { HarnessError } from '../../../../harness/core/errors.ts';
import { parseOptions } from '../../../../infra/setup/options.ts';

describe('parseOptions of setup', () => {
  const home = { XDG_CACHE_HOME: '/home/someone/.cache' };

  it('installs, with a browser and the stand-in, unless told otherwise', () => {
    expect(parseOptions([], home)).to.deep.equal({
      install: true,
      browser: true,
      k3s: null,
      providers: new Set(),
      cache: '/home/someone/.cache/airgap-readiness',
    });
    expect(parseOptions(['--no-install', '--no-browser', '--k3s', '/opt/k3s'], home)).to.deep.equal({
      install: false,
      browser: false,
      k3s: '/opt/k3s',
      providers: new Set(),
      cache: '/home/someone/.cache/airgap-readiness',
    });
  });

  it('takes cache and K3s from the environment; the command line wins; empty means not set', () => {
    const env = { AIRGAP_CACHE: '/big/cache', AIRGAP_K3S: '/env/k3s' };
    expect(parseOptions([], env)).to.include({ cache: '/big/cache', k3s: '/env/k3s' });
    expect(parseOptions(['--k3s=/line/k3s'], env)).to.include({ k3s: '/line/k3s' });
    expect(parseOptions([], { ...home, AIRGAP_K3S: '', AIRGAP_CACHE: '' })).to.include({
      cache: '/home/someone/.cache/airgap-readiness',
      k3s: null,
    });
  });

  it('makes what other providers need when it is told to, and names one that it does not know', () => {
    expect(parseOptions(['--provider', 'container,vm'], home)?.providers).to.deep.equal(
      new Set(['container', 'vm']),
    );
    expect(() => parseOptions(['--provider', 'vm,cloud'], home)).to.throw(HarnessError, '"cloud"');
  });

  it('names an option that it does not know, and gives no options when help is asked for', () => {
    expect(() => parseOptions(['--fast'], home)).to.throw(HarnessError, '--fast');
    expect(parseOptions(['--help'], home)).to.equal(null);
  });
});
