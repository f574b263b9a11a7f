// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { HarnessError } from '../../../harness/core/errors.ts';
import type { NodeSpec } from '../../../harness/core/node.ts';
import { planNoRoute } from '../../../harness/gap/no-route.ts';
import { capabilitiesWithin } from '../../../harness/providers/container/capabilities.ts';
import { dockerOptions } from '../../../harness/providers/container/engine-hosts.ts';
import { nodeHostConfig } from '../../../harness/providers/container/host-config.ts';
import { ulimitsOf } from '../../../harness/providers/container/ulimits.ts';
import { containerInitConfig } from '../../../harness/providers/container/places.ts';

const { link, resolver } = planNoRoute();
const spec: NodeSpec = {
  name: 'n1',
  image: '/cache/rootfs',
  link,
  resolver,
  memoryMiB: 512,
  pids: 300,
  binds: [
    { from: '/cache/k3s', to: '/usr/local/bin/k3s' },
    { from: '/bundle/a.tar', to: '/images/a.tar' },
  ],
};

describe('plan of a container node', () => {
  it('asks for each capability that this machine has, and none that no engine names', () => {
    const all = capabilitiesWithin('Name:\tx\nCapBnd:\t000001ffffffffff\n');
    expect(all)
      .to.have.lengthOf(38)
      .and.include.members(['CHOWN', 'SYS_ADMIN', 'SYS_RESOURCE', 'AUDIT_READ']);
    expect(all).not.to.include.members(['BPF', 'PERFMON']);
    expect(capabilitiesWithin('CapBnd:\t000001fffeffffff\n')).to.deep.equal(
      all.filter((name) => name !== 'SYS_RESOURCE'),
    );
    expect(capabilitiesWithin('CapBnd:\t0000000000000001\n')).to.deep.equal(['CHOWN']);
    expect(capabilitiesWithin('nothing of the kind')).to.deep.equal([]);
  });

  it('what the agent is told to take is where the engine was told to put it', () => {
    const init = containerInitConfig(spec, null);
    const config = nodeHostConfig({
      spec,
      session: '1a2b3c',
      agent: '/cache/agent',
      folder: '/state/n1',
      capabilities: [],
      ulimits: [],
    });
    const targets = (config.Mounts ?? []).map(({ Target }) => Target);
    expect(targets).to.include.members([...init.binds, ...init.disks].map(({ from }) => from));
    expect(targets).to.include(init.socketDir);
    expect(init.image).to.equal('');
    expect(init.binds.map(({ to }) => to)).to.deep.equal(['/usr/local/bin/k3s', '/images/a.tar']);
  });

  it('a privileged container is asked for where that means what the engine has, and then no capability by name', () => {
    const config = nodeHostConfig({
      spec,
      session: '1',
      agent: '/a',
      folder: '/f',
      capabilities: null,
      ulimits: [],
    });
    expect(config).to.include({ Privileged: true }).and.not.have.any.keys('CapAdd', 'CapDrop');
  });

  it('limits of files and processes are the harness’s own, and never more processes than the kernel counts', () => {
    const text =
      'Max processes             95000                unlimited            processes\nMax open files            1024                 20000                files\n';
    expect(ulimitsOf(text, 32768)).to.deep.equal([
      { Name: 'nofile', Soft: 1024, Hard: 20000 },
      { Name: 'nproc', Soft: 32768, Hard: 32768 },
    ]);
    expect(ulimitsOf('', 32768)).to.deep.equal([]);
  });

  it('writes the node’s own files at the first boot only', () => {
    expect(containerInitConfig(spec, 'a'.repeat(32)).files.map(({ path }) => path)).to.include(
      '/etc/resolv.conf',
    );
    expect(containerInitConfig(spec, null).files).to.deep.equal([]);
  });

  it('is never privileged, gets what it was given read-only, and has its limits', () => {
    const config = nodeHostConfig({
      spec,
      session: '1a2b3c',
      agent: '/a',
      folder: '/f',
      capabilities: ['CHOWN'],
      ulimits: [],
    });
    expect(config.Privileged).to.equal(undefined);
    expect(config.Memory).to.equal(512 * 1024 * 1024);
    expect(config.PidsLimit).to.equal(300);
    const writable = (config.Mounts ?? []).filter(
      ({ Type, ReadOnly }) => Type === 'bind' && ReadOnly !== true,
    );
    expect(writable.map(({ Source }) => Source)).to.deep.equal(['/f']);
  });
});

describe('DOCKER_HOST', () => {
  it('is a unix socket or a TCP address', () => {
    expect(dockerOptions('unix:///run/x.sock')).to.deep.equal({ socketPath: '/run/x.sock' });
    expect(dockerOptions('tcp://127.0.0.1:2375')).to.deep.equal({ host: '127.0.0.1', port: 2375 });
  });

  it('of another form is said to be so', () => {
    for (const host of ['ssh://me@there', 'tcp://127.0.0.1', 'nonsense'])
      expect(() => dockerOptions(host), host).to.throw(HarnessError, 'cannot be used');
  });
});
