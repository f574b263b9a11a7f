// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { HarnessError } from '../../../harness/core/errors.ts';
import type { RunningNode } from '../../../harness/core/node.ts';
import { bootSite, openSite, sh } from '../providers/fixture.ts';
import { hostState, remainsOf } from '../providers/remains.ts';
import { connectScript } from './connect-script.ts';
import { forEachProvider } from './each-provider.ts';

/** Changes with every boot, whether PID 1 is a process of this machine or of a kernel of its own. */
const BOOT = "cat /proc/sys/kernel/random/boot_id; cut -d ' ' -f 22 /proc/1/stat";
const NETWORK =
  'ip -o addr show dev eth0 scope global; ip -4 route show dev eth0; ip -6 route show dev eth0 to fd99::/64';

forEachProvider('the life of a node', (provider) => {
  it('a reboot keeps the disk, ends every process, and starts with a fresh /run and network', async () => {
    await using site = await bootSite({ provider });
    const { node } = site;
    await sh(
      node,
      'echo kept >/root/kept; echo kept >/var/lib/rancher/kept; echo "192.0.2.9 mine" >>/etc/hosts; sync; echo gone >/run/gone; ' +
        'setsid sleep 98761 >/dev/null 2>&1 & ip link add cni0 type bridge; ip link add a0 type veth peer name a1; ip route add 192.0.2.0/24 via 10.99.0.2',
    );
    const [boot, running] = [await sh(node, BOOT), node.spawn(['sleep', '98760'])];
    const network = (await sh(node, NETWORK)).replace(/^192\.0\.2.*\n/m, '');
    await node.reboot();
    expect((await running.ended).exitCode).to.equal(null);
    expect(await sh(node, BOOT)).not.to.equal(boot);
    expect(
      await sh(node, 'cat /root/kept /var/lib/rancher/kept; tail -1 /etc/hosts; ls /run/gone 2>&1 || :'),
    ).to.equal("kept\nkept\n192.0.2.9 mine\nls: cannot access '/run/gone': No such file or directory");
    expect(await sh(node, 'pgrep -f "sleep 9876[01]" || echo none')).to.equal('none');
    expect(await sh(node, 'ls /sys/class/net')).to.equal('eth0\nlo');
    expect(await sh(node, NETWORK)).to.equal(network);
    await linkWorks(node);
    await node.reboot();
    expect(await sh(node, 'cat /root/kept')).to.equal('kept');
    await linkWorks(node);
  });

  it('a reboot is a power cut: no process is told, what was synced is there', async () => {
    await using site = await bootSite({ provider });
    const { node } = site;
    const program =
      'trap "echo told >>/root/told; sync" TERM INT HUP PWR QUIT; echo written >/root/written; sync; touch /run/armed; while :; do sleep 0.05; done';
    await sh(
      node,
      `setsid sh -c '${program}' >/dev/null 2>&1 & until test -e /run/armed; do sleep 0.05; done`,
    );
    // The program does what it says when it is told.
    await sh(
      node,
      'pkill -TERM -f "trap [^ ]echo told" && until test -e /root/told; do sleep 0.05; done; rm /root/told; sync',
    );
    await node.reboot();
    expect(await sh(node, 'cat /root/written; ls /root/told 2>/dev/null || echo nobody was told')).to.equal(
      'written\nnobody was told',
    );
  });

  it('disposing leaves nothing: no process, namespace, cgroup, mount, link, state', async () => {
    const host = await hostState();
    const site = await bootSite({ provider });
    await sh(
      site.node,
      'setsid sleep 3600 >/dev/null 2>&1 & mkdir -p /sys/fs/cgroup/memory/kubepods/x; mount -t tmpfs t /mnt; ip link add cni0 type bridge',
    );
    const { label } = site.session;
    expect(await remainsOf(label)).not.to.deep.equal([]);
    await site[Symbol.asyncDispose]();
    expect(await remainsOf(label)).to.deep.equal([]);
    expect(await hostState()).to.deep.equal(host);
  });

  it('a node that never booted leaves nothing either; nor does disposing twice', async () => {
    const site = await openSite({ provider });
    await site.prepared[Symbol.asyncDispose]();
    await site.prepared[Symbol.asyncDispose]();
    await site[Symbol.asyncDispose]();
    expect(await remainsOf(site.session.label)).to.deep.equal([]);
  });

  it('a node that has ended cannot be rebooted or used, and says so', async () => {
    await using site = await bootSite({ provider });
    await site.prepared[Symbol.asyncDispose]();
    const rebooted = await site.node.reboot().catch((error: unknown) => error);
    expect(rebooted).to.be.instanceOf(HarnessError);
    expect(String(rebooted)).to.include('node "n1" cannot be rebooted: it has ended');
    expect(await site.node.exec(['true']).catch(String)).to.include('node "n1" went away');
  });

  it('an image that does not exist is said so, and nothing is left', async () => {
    const host = await hostState();
    const error = await openSite({ provider, image: '/no/such/image' }).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(HarnessError);
    expect(String(error)).to.include('"/no/such/image", which node "n1" needs, cannot be used');
    expect(await hostState()).to.deep.equal(host);
  });

  it('two nodes of two sessions live side by side, and one ends without the other', async () => {
    const [one, two] = await Promise.all([bootSite({ provider }), bootSite({ provider })]);
    await sh(one.node, 'echo one >/root/name');
    await sh(two.node, 'echo two >/root/name; echo 17 >/proc/sys/kernel/panic');
    expect([await sh(one.node, 'cat /root/name'), await sh(two.node, 'cat /root/name')]).to.deep.equal([
      'one',
      'two',
    ]);
    expect(await sh(one.node, 'cat /proc/sys/kernel/panic')).not.to.equal('17');
    await one[Symbol.asyncDispose]();
    expect(await remainsOf(one.session.label)).to.deep.equal([]);
    expect(await sh(two.node, 'cat /root/name')).to.equal('two');
    await two[Symbol.asyncDispose]();
    expect(await remainsOf(two.session.label)).to.deep.equal([]);
  });
});

async function linkWorks(node: RunningNode): Promise<void> {
  expect(await sh(node, connectScript('10.99.0.2', 9))).to.equal('Connection refused');
}
