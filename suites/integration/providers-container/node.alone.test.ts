// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { verifyGap } from '../../../harness/gap/verify-gap.ts';
import { openEngine } from '../../../harness/providers/container/engine.ts';
import { sh } from '../providers/fixture.ts';
import { hostSettings } from '../providers/remains.ts';
import { needs } from '../support/needs.ts';
import {
  allRemains,
  bootContainerSite,
  type ContainerSite,
  images,
  labelled,
  openContainerSite,
  partsOfANode,
} from './fixture.ts';

describe('a node that is a container', () => {
  let site: Awaited<ReturnType<typeof bootContainerSite>>;
  let stack: AsyncDisposableStack;
  let folder: string;

  before(async function () {
    needs(this, 'root', 'netns', 'k3s', 'container');
    stack = new AsyncDisposableStack();
    folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'airgap-container-'))).path;
    await writeFile(join(folder, 'given'), 'given\n', { mode: 0o755 });
    site = stack.use(
      await bootContainerSite({
        memoryMiB: 96,
        pids: 60,
        binds: [
          { from: join(folder, 'given'), to: '/var/run/deep/given' },
          { from: folder, to: '/srv/folder' },
        ],
      }),
    );
  });
  after(async () => await stack?.disposeAsync());

  it('exec gives exit code and both streams; its environment is the node’s own', async () => {
    const { exitCode, stdout, stderr } = await site.node.exec(['sh', '-c', 'echo out; echo err >&2; exit 7']);
    expect({ exitCode, stdout, stderr }).to.deep.equal({ exitCode: 7, stdout: 'out\n', stderr: 'err\n' });
    expect((await sh(site.node, 'env | sort')).split('\n')).to.deep.equal([
      'HOME=/root',
      'LANG=C.UTF-8',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'PWD=/',
      'TERM=xterm-256color',
    ]);
  });

  it('nothing of engine, harness or host is in sight: no socket, no mark, no folder, no descriptor', async () => {
    expect(
      await sh(site.node, 'ls -d /.airgap /.dockerenv /run/.containerenv /.airgap-host 2>/dev/null || :'),
    ).to.equal('');
    expect(await sh(site.node, 'find / -xdev -type s; find /run /tmp /dev /var -type s')).to.equal('');
    expect(
      await sh(site.node, `test ! -e ${folder} && test ! -e ${site.session.folder} && echo none`),
    ).to.equal('none');
    const mountpoints = (await sh(site.node, 'cut -d" " -f5 /proc/self/mountinfo')).split('\n');
    expect(
      mountpoints.filter((path) => path.startsWith('/etc/') || path.includes('airgap/node')),
    ).to.deep.equal([]);
    const targets = await sh(site.node, 'for fd in /proc/1/fd/*; do readlink $fd; done | sort -u');
    expect(
      targets.split('\n').filter((target) => !/^(\/dev\/null|anon_inode:.*)$/.test(target)),
    ).to.deep.equal([]);
    expect(await sh(site.node, 'hostname; cat /etc/resolv.conf; tail -1 /etc/hosts')).to.equal(
      'n1\nnameserver 10.99.0.2\n10.99.0.1 n1',
    );
  });

  it('what it was given is there, read-only', async () => {
    expect(await sh(site.node, 'cat /run/deep/given /srv/folder/given')).to.equal('given\ngiven');
    for (const path of ['/run/deep/given', '/srv/folder/new']) {
      const { stderr } = await site.node.exec(['sh', '-c', `echo x >${path}`]);
      expect(stderr, path).to.include('Read-only file system');
    }
  });

  it('its disk folders are volumes on a real disk, seeded from the image', async () => {
    expect(
      await sh(site.node, 'stat -f -c %T /var/lib/containerd /var/lib/kubelet | sort -u'),
    ).not.to.include('overlay');
    expect(await sh(site.node, 'ls /var/log')).not.to.equal('');
  });

  it('host-wide settings that it writes stay as they were on the host', async () => {
    const before = await hostSettings();
    await sh(
      site.node,
      'echo 1 >/proc/sys/vm/overcommit_memory; echo 7 >/proc/sys/kernel/panic; cat /proc/sys/kernel/panic',
    );
    await sh(
      site.node,
      'mkdir /tmp/p; mount -t proc p /tmp/p; echo 8 >/tmp/p/sys/kernel/panic; umount /tmp/p',
    );
    expect(await hostSettings()).to.deep.equal(before);
  });

  it('limits of memory and of processes hold', async () => {
    const { exitCode } = await site.node.exec(['perl', '-e', '$x = "x" x (300 * 1024 * 1024); exit 0']);
    expect(exitCode).not.to.equal(0);
    const { stderr } = await site.node.exec(['sh', '-c', 'for i in $(seq 100); do sleep 1 & done; wait']);
    await sleep(1500); // those that were started end
    expect(stderr).to.match(/fork|Resource temporarily unavailable/);
    // All with what the shell has built in: there is no room for a process.
    await sh(
      site.node,
      'for p in /proc/[0-9]*; do read -r c <$p/comm || c=; test "$c" != sleep || kill -9 ${p#/proc/}; done; echo alive',
    );
  });

  it('the gap is closed, and says so of the kernel’s own account', async () => {
    const facts = await verifyGap(site.node, site.gap);
    expect(facts.map(({ result }) => result)).not.to.include('fail');
    expect(await sh(site.node, 'ip route show default; ip -6 route show default')).to.equal('');
  });

  it('says what it cannot show: limits of a container', async () => {
    const { privilegedIsWithinItsOwn } = await openEngine();
    expect(site.prepared.limits?.map(({ id }) => id)).to.deep.equal([
      'shared-kernel',
      'host-settings-guarded',
      ...(privilegedIsWithinItsOwn ? [] : ['container-capabilities']),
    ]);
  });

  it('the engine gave it no more rights than it has itself, no network and no port', async () => {
    const { docker, privilegedIsWithinItsOwn } = await openEngine();
    const { HostConfig: config } = await docker.getContainer(`${site.session.label}-n1`).inspect();
    expect(config.Privileged).to.equal(privilegedIsWithinItsOwn);
    expect(config.NetworkMode).to.match(/^container:[0-9a-f]{64}$/);
    const holder = await docker.getContainer(`${site.session.label}-n1-net`).inspect();
    expect(holder.HostConfig.NetworkMode).to.equal('none');
    expect(Object.keys(holder.NetworkSettings.Networks)).to.satisfy((names: string[]) =>
      names.every((name) => name === 'none'),
    ); // Podman lists none
  });
});

describe('life of a node that is a container', () => {
  before(function () {
    needs(this, 'root', 'netns', 'k3s', 'container');
  });

  it('a reboot kills everything, keeps the disk and the link, and starts with a fresh network and /run', async () => {
    await using site = await bootContainerSite();
    const { node } = site;
    const seen: (number | null)[] = [];
    node.onReboot({
      waits: async (tid) => {
        seen.push(tid);
        expect(await readFile(`/proc/${tid}/comm`, 'utf8')).to.equal('sh\n'); // it waits
      },
    });
    const first = site.prepared.launcherTid;
    await sh(
      node,
      'echo kept >/var/lib/rancher/kept; echo kept >/root/kept; echo gone >/run/gone; echo mine >>/etc/hosts',
    );
    await sh(
      node,
      'setsid sleep 3600 >/dev/null 2>&1 & ip link add cni0 type bridge; ip route add 198.51.100.0/24 dev eth0',
    );
    await node.reboot();
    expect(seen).to.have.lengthOf(1);
    expect(seen[0]).not.to.equal(first);
    expect(site.session.record.nodes[0]?.launcher.pid).to.equal(seen[0]);
    expect(
      await sh(node, 'cat /var/lib/rancher/kept /root/kept; tail -1 /etc/hosts; ls /run/gone 2>&1 || :'),
    ).to.match(/^kept\nkept\nmine\nls: cannot access/);
    expect(await sh(node, 'ps -e -o comm= | grep -c sleep || :')).to.equal('0');
    expect(await sh(node, 'ls /sys/class/net | sort | tr "\\n" " "')).to.match(/^eth0 lo /);
    expect(await sh(node, 'ls /sys/class/net')).not.to.include('cni0');
    await verifyGap(node, site.gap);
  });

  it('a node whose PID 1 is killed is gone: exec says so instead of waiting', async () => {
    await using site = await bootContainerSite();
    process.kill(site.prepared.launcherTid ?? 0, 'SIGKILL');
    const error = await site.node.exec(['sleep', '60']).catch(String);
    expect(error).to.match(/node "n1"/);
  });

  it('disposing leaves nothing but the image, booted or not', async () => {
    const booted = await bootContainerSite();
    await sh(
      booted.node,
      'setsid sleep 3600 >/dev/null 2>&1 & mkdir -p /sys/fs/cgroup/memory/kubepods/x; mount -t tmpfs t /mnt',
    );
    expect(await labelled(booted.session.id)).to.have.lengthOf(await partsOfANode());
    const before = await images();
    const idle = await openContainerSite();
    for (const site of [booted, idle]) {
      await site[Symbol.asyncDispose]();
      expect(await allRemains(site.session.label)).to.deep.equal([]);
    }
    expect(await images()).to.deep.equal(before);
  });

  it('a node that cannot start says why, and nothing is left', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-given-'));
    await writeFile(join(dir.path, 'file'), '');
    const binds = [{ from: join(dir.path, 'file'), to: '/etc/passwd/below-a-file' }];
    const site: ContainerSite = await openContainerSite({ binds });
    const error = await site.prepared.boot().catch(String);
    expect(error).to.include('node "n1" did not start').and.include('/etc/passwd: not a directory');
    await site[Symbol.asyncDispose]();
    expect(await allRemains(site.session.label)).to.deep.equal([]);
  });

  it('an image without a shell is said so by the engine, and nothing is left', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-empty-'));
    await writeFile(join(dir.path, 'only'), '');
    const before = await labelled();
    const kept = await images();
    const error = await openContainerSite({ image: dir.path }).catch(String);
    expect(error).to.match(/container of node "n1" does not start: .*"sh"/);
    expect(await labelled()).to.deep.equal(before);
    const { docker } = await openEngine();
    const [imported] = (await images()).filter((image) => !kept.includes(image));
    await docker.getImage(imported?.split(' ')[0] ?? '').remove({ force: true });
  });
});
