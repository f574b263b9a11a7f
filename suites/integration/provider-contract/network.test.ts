// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { verifyGap } from '../../../harness/gap/verify-gap.ts';
import { bootSite, sh, type TestNode } from '../providers/fixture.ts';
import { connectScript } from './connect-script.ts';
import { forEachProvider } from './each-provider.ts';

forEachProvider('the network of a node', (provider) => {
  let site: TestNode;
  before(async () => {
    site = await bootSite({ provider });
  });
  after(async () => await site?.[Symbol.asyncDispose]());

  it('is loopback and the link, with the addresses of its plan', async () => {
    const { link } = site.gap;
    expect(await sh(site.node, 'ls /sys/class/net')).to.equal(`${link.nodeInterface}\nlo`);
    const addresses = await sh(site.node, `ip -o addr show dev ${link.nodeInterface} scope global`);
    expect(addresses.split('\n').map((line) => line.split(/\s+/)[3])).to.deep.equal([link.node4, link.node6]);
  });

  it('has no default route, in no table, and no gateway', async () => {
    for (const family of ['-4', '-6']) {
      const routes = await sh(site.node, `ip ${family} route show table all`);
      expect(routes, family).not.to.match(/^default|^0\.0\.0\.0\/0|^::\/0| via /m);
    }
    for (const outside of ['203.0.113.9', '2001:db8::9']) {
      expect((await site.node.exec(['ip', 'route', 'get', outside])).exitCode, outside).to.equal(2);
    }
    await verifyGap(site.node, site.gap);
  });

  it('reaches the sink, which refuses, and nothing else', async () => {
    const { sink4 } = site.gap.link;
    expect(await sh(site.node, connectScript(sink4.split('/')[0] ?? '', 9))).to.equal('Connection refused');
    expect(await sh(site.node, connectScript('203.0.113.9', 9))).to.equal('Network is unreachable');
  });

  it('has its own names, and the resolver it was given', async () => {
    const { resolver, link } = site.gap.plan;
    expect(await sh(site.node, 'cat /etc/resolv.conf')).to.equal(`nameserver ${resolver}`);
    const address = link.node4.split('/')[0];
    expect(await sh(site.node, 'hostname; cat /etc/hostname; grep n1 /etc/hosts')).to.equal(
      `n1\nn1\n${address} n1`,
    );
    expect(await sh(site.node, 'cat /etc/machine-id')).to.match(/^[0-9a-f]{32}$/);
  });
});
