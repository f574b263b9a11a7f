// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import type { NodeSpec } from '../../../harness/core/node.ts';
import { planNoRoute } from '../../../harness/gap/no-route.ts';
import { diskFolder, initConfig } from '../../../harness/providers/init-config.ts';
import { planLink, planNodeSide, planSinkSide } from '../../../harness/providers/node-network.ts';

const { link, resolver } = planNoRoute();
const spec: NodeSpec = {
  name: 'n1',
  image: '/cache/rootfs',
  link,
  resolver,
  memoryMiB: 512,
  pids: 512,
  binds: [{ from: '/cache/k3s', to: '/usr/local/bin/k3s' }],
};

describe('plan of a netns node', () => {
  it('the link joins the node’s namespace and the sink’s', () => {
    expect(planLink({ node: 'agr-1-n1', sink: 'agr-1-sink' }, link)).to.deep.equal([
      'link add eth0 netns agr-1-n1 type veth peer name node0 netns agr-1-sink',
    ]);
  });

  it('the node gets its addresses, the service route and no default route', () => {
    expect(planNodeSide(link).ip).to.deep.equal([
      'link set lo up',
      'address add 10.99.0.1/24 dev eth0',
      'address add fd99::1/64 dev eth0 nodad',
      'link set eth0 up',
      'route add 10.43.0.0/16 src 10.99.0.1 dev eth0',
    ]);
  });

  it('the sink gets its end and the way back to pods', () => {
    expect(planSinkSide(link).ip).to.deep.equal([
      'address add 10.99.0.2/24 dev node0',
      'address add fd99::2/64 dev node0 nodad',
      'link set node0 up',
      'route add 10.42.0.0/16 via 10.99.0.1 dev node0',
    ]);
  });

  it('with services the sink’s end is a port of the bridge, which has the addresses', () => {
    const plan = planNoRoute(undefined, [{ name: 'registry', address: '10.99.0.65' }]);
    expect(planSinkSide(plan.link).ip).to.deep.equal([
      'link set node0 master site0',
      'link set node0 up',
      'route add 10.42.0.0/16 via 10.99.0.1 dev site0',
    ]);
    expect(plan.sink.ip.filter((line) => line.includes('site0'))).to.deep.equal([
      'link add site0 address 02:61:67:00:00:02 type bridge stp_state 0 forward_delay 0 mcast_snooping 0',
      'link set site0 addrgenmode none',
      'address add 10.99.0.2/24 dev site0',
      'address add fd99::2/64 dev site0 nodad',
      'link set site0 up',
    ]);
  });

  it('the agent is told everything at the first boot, and to leave the node’s files alone at the next', () => {
    const first = initConfig(spec, '/state/n1', 'a'.repeat(32));
    expect(first).to.deep.equal({
      hostname: 'n1',
      socketDir: '/state/n1',
      image: '/cache/rootfs',
      upper: '/state/n1/upper',
      work: '/state/n1/work',
      root: '/state/n1/root',
      disks: [
        { from: '/state/n1/disk/var.lib.rancher', to: '/var/lib/rancher' },
        { from: '/state/n1/disk/var.lib.kubelet', to: '/var/lib/kubelet' },
        { from: '/state/n1/disk/var.lib.containerd', to: '/var/lib/containerd' },
        { from: '/state/n1/disk/var.lib.cni', to: '/var/lib/cni' },
        { from: '/state/n1/disk/var.log', to: '/var/log' },
      ],
      binds: [{ from: '/cache/k3s', to: '/usr/local/bin/k3s' }],
      files: [
        { path: '/etc/resolv.conf', content: 'nameserver 10.99.0.2\n' },
        {
          path: '/etc/hosts',
          content: '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n10.99.0.1 n1\n',
        },
        { path: '/etc/hostname', content: 'n1\n' },
        { path: '/etc/machine-id', content: `${'a'.repeat(32)}\n` },
      ],
      apiPort: 6443,
    });
    expect(initConfig(spec, '/state/n1', null)).to.deep.equal({ ...first, files: [] });
    expect(diskFolder('/state/n1', '/var/log')).to.equal('/state/n1/disk/var.log');
  });
});
