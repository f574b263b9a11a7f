// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { mkdtempDisposable, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readHierarchies, processesInCgroup } from '../../../harness/providers/cgroup-tree.ts';
import { needs, REPO_ROOT } from '../support/needs.ts';
import { bootSite, sh, type TestNode } from './fixture.ts';
import { descriptorsOf, hostSettings, hostState } from './remains.ts';

describe('isolation of a node', () => {
  let site: TestNode;
  let stack: AsyncDisposableStack;
  let untouched: Awaited<ReturnType<typeof hostState>>;
  let hostFolder: string;

  before(async function () {
    needs(this, 'root', 'netns');
    stack = new AsyncDisposableStack();
    const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'airgap-host-')));
    hostFolder = folder.path;
    await writeFile(join(hostFolder, 'given'), 'given\n', { mode: 0o755 });
    await symlink(join(hostFolder, 'given'), join(hostFolder, 'link'));
    process.env['HTTPS_PROXY'] = 'http://192.0.2.1:3128';
    process.env['no_proxy'] = 'localhost';
    stack.defer(() => {
      delete process.env['HTTPS_PROXY'];
      delete process.env['no_proxy'];
    });
    untouched = await hostState();
    site = stack.use(
      await bootSite({
        memoryMiB: 128,
        pids: 80,
        binds: [
          { from: join(hostFolder, 'link'), to: '/var/run/deep/given' },
          { from: hostFolder, to: '/srv/folder' },
        ],
      }),
    );
  });
  after(async () => await stack?.disposeAsync());

  it('its root is the node image with a layer of its own: nothing of the host is in sight', async () => {
    const rootfs = await sh(site.node, 'stat -f -c %T /');
    expect(rootfs).to.equal('overlayfs');
    const paths = [REPO_ROOT, hostFolder, site.session.folder, '/.airgap-host', process.execPath].join(' ');
    expect(await sh(site.node, `for path in ${paths}; do test ! -e $path || echo $path; done`)).to.equal('');
    await sh(site.node, 'echo changed >/etc/issue; rm -rf /usr/share/doc');
    expect(await readFile('/etc/issue', 'utf8')).not.to.equal('changed\n');
    await using second = await bootSite();
    expect(await sh(second.node, 'cat /etc/issue')).not.to.equal('changed');
  });

  it('of the host’s disk it mounts its own folders and what it was given, that read-only', async () => {
    const mounts = (await sh(site.node, 'cat /proc/self/mountinfo')).split('\n').map((line) => {
      const [, , device = '', root = '', target = ''] = line.split(' ');
      return { device, root, target };
    });
    const disk = new Set(
      mounts.filter(({ target }) => target === '/var/lib/kubelet').map(({ device }) => device),
    );
    const onDisk = mounts
      .filter(({ device }) => disk.has(device))
      .map(({ root, target }) => ({
        target,
        own: root.includes(site.session.folder.slice(-20)),
      }));
    expect(onDisk).to.have.deep.members([
      { target: '/var/lib/rancher', own: true },
      { target: '/var/lib/kubelet', own: true },
      { target: '/var/lib/containerd', own: true },
      { target: '/var/lib/cni', own: true },
      { target: '/var/log', own: true },
      { target: '/run/deep/given', own: false },
      { target: '/srv/folder', own: false },
      { target: '/run/airgap/airgap-node', own: false },
    ]);
    // The image's /var/run is a link to /run: it was followed inside the node, not on the host.
    expect(await sh(site.node, 'cat /run/deep/given /srv/folder/given')).to.equal('given\ngiven');
    const writes = ['/run/deep/given', '/srv/folder/new', '/run/airgap/airgap-node'];
    for (const path of writes) {
      const { stderr } = await site.node.exec(['sh', '-c', `echo x >${path}`]);
      expect(stderr, path).to.match(/Read-only file system|Text file busy/);
    }
  });

  it('the host’s mount table and links are as they were', async () => {
    expect(await hostState()).to.deep.equal(untouched);
  });

  it('there is no socket that leads out: neither in the file system, nor abstract', async () => {
    expect(await sh(site.node, 'find / -xdev -type s; find /run /tmp /dev /var -type s')).to.equal('');
    const listed = (await sh(site.node, 'cat /proc/net/unix')).split('\n').slice(1);
    const names = listed.flatMap((line) => line.split(/\s+/)[7] ?? []);
    // The agent's own two, by names that mean nothing inside.
    expect([...new Set(names)].toSorted()).to.deep.equal(['api.sock', 'exec.sock']);
    expect(await sh(site.node, 'find / -xdev -name "*.sock"')).to.equal('');
  });

  it('an abstract socket of the host cannot be reached', async () => {
    await using server = createServer().listen(`\0airgap-test-${site.session.id}`);
    const connect = (name: string): string =>
      `perl -MSocket -e 'socket(S,AF_UNIX,SOCK_STREAM,0); connect(S, pack("S a*", AF_UNIX, "\\0${name}")) or die "$!\\n"'`;
    const { stderr } = await site.node.exec(['sh', '-c', connect(`airgap-test-${site.session.id}`)]);
    expect(stderr).to.equal('Connection refused\n');
    expect(server.listening).to.equal(true);
  });

  it('its environment is its own: no proxy, nothing of the host', async () => {
    const { stdout } = await site.node.exec(['env']);
    expect(stdout.split('\n').toSorted()).to.deep.equal([
      '',
      'HOME=/root',
      'LANG=C.UTF-8',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'TERM=xterm-256color',
    ]);
    expect(await sh(site.node, 'cat /proc/[0-9]*/environ | grep -aci proxy || :')).to.equal('0');
  });

  it('every process of it holds only pipes, devices and files of its own', async () => {
    await using reader = site.node.spawn(['cat']);
    reader.stdin.write('x'); // once it answers, its libraries are loaded
    await once(reader.stdout, 'data');
    const [hierarchy] = await readHierarchies();
    const pids = await processesInCgroup(join(hierarchy?.own ?? '', site.session.label, 'n1'));
    const inside = pids.filter((pid) => pid !== site.prepared.launcherTid);
    expect(inside.length).to.be.greaterThan(2);
    const descriptors = await descriptorsOf(inside);
    const allowed = /^(?:\/dev\/null|\/run\/airgap\/agent\.log|(?:pipe|socket):\[\d+\]|anon_inode:.*)$/;
    expect(descriptors.filter((target) => !allowed.test(target))).to.deep.equal([]);
    expect(await sh(site.node, 'ls /proc/self/fd | tr "\\n" " "')).to.equal('0 1 2 3 ');
  });

  it('it sees no process but its own, and a terminal of its own', async () => {
    const commands = (await sh(site.node, 'ps -e -o comm=')).split('\n');
    expect([...new Set(commands)].toSorted()).to.deep.equal(['airgap-node', 'ps', 'sh']);
    expect(await sh(site.node, 'ls /dev')).to.equal(
      'fd\nfull\nkmsg\nmqueue\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero',
    );
  });

  it('it may write every setting of the kernel, and reads it back; the host stays as it was', async () => {
    const settings = await hostSettings();
    const writes = {
      '/proc/sys/vm/overcommit_memory': '1',
      '/proc/sys/vm/max_map_count': '262144',
      '/proc/sys/kernel/panic': '17',
      '/proc/sys/kernel/panic_on_oops': '0',
      '/proc/sys/kernel/keys/root_maxkeys': '1000001',
      '/proc/sys/kernel/core_pattern': '|/bin/false',
      '/proc/sys/fs/inotify/max_user_watches': '524288',
      '/proc/sys/fs/inotify/max_user_instances': '8192',
      '/proc/sys/fs/file-max': '1048576',
    };
    for (const [path, value] of Object.entries(writes)) {
      expect(await sh(site.node, `echo '${value}' >${path}; cat ${path}`), path).to.equal(value);
    }
    expect(await hostSettings()).to.deep.equal(settings);
    // Whatever else is writable there is private too, or belongs to the node's own namespaces.
    const shared = await sh(
      site.node,
      'for f in $(find /proc/sys -path /proc/sys/net -prune -o -type f -perm /222 -print); do ' +
        'test $(stat -c %d $f) != $(stat -c %d /proc) || echo $f; done',
    );
    expect(
      shared
        .split('\n')
        .filter(
          (path) =>
            !/^\/proc\/sys\/(?:fs\/mqueue\/|kernel\/(?:auto_msgmni|domainname|hostname|msg|ns_last_pid|sem|shm))/.test(
              path,
            ),
        ),
    ).to.deep.equal([]);
  });

  it('nor does what a privileged container writes, whose own /proc shows the real settings', async () => {
    const settings = await hostSettings();
    const names = [
      'vm/max_map_count',
      'vm/overcommit_memory',
      'kernel/panic',
      'kernel/core_pattern',
      'fs/file-max',
    ];
    const script = `for name in ${names.join(' ')}; do echo 2 >/proc/sys/$name || exit; done; stat -f -c %T /proc/sys/vm/max_map_count`;
    const container = ['unshare', '--pid', '--fork', '--mount-proc', '--ipc', '--net', 'sh', '-c'];
    expect(await site.node.exec([...container, script])).to.include({
      exitCode: 0,
      stdout: 'proc\n',
      stderr: '',
    });
    expect(await hostSettings()).to.deep.equal(settings);
    expect(site.prepared.limits?.map(({ id }) => id)).to.deep.equal([
      'shared-kernel',
      'host-settings-guarded',
    ]);
    const own =
      'echo 0 >/proc/sys/net/ipv4/ip_forward && echo 4242 >/proc/sys/kernel/shmmax && cat /proc/sys/kernel/shmmax';
    expect((await site.node.exec([...container, own])).stdout).to.equal('4242\n');
  });

  it('settings of its own namespaces keep their effect, and end there', async () => {
    const shown = await readFile('/proc/sys/kernel/shmmax', 'utf8');
    const host = await readFile('/proc/sys/kernel/hostname', 'utf8');
    expect(
      await sh(site.node, 'echo 123456 >/proc/sys/kernel/shmmax; ipcs -lm | grep "max seg size"'),
    ).to.include('120');
    expect(await sh(site.node, 'echo renamed >/proc/sys/kernel/hostname; hostname; hostname n1')).to.equal(
      'renamed',
    );
    expect(await readFile('/proc/sys/kernel/shmmax', 'utf8')).to.equal(shown);
    expect(await readFile('/proc/sys/kernel/hostname', 'utf8')).to.equal(host);
  });

  it('its cgroup is the root of what it sees, and what it makes there lies below the session’s', async () => {
    const paths = (await sh(site.node, 'cut -d: -f3 /proc/self/cgroup | sort -u')).split('\n');
    expect(paths).to.deep.equal(['/']);
    const hierarchies = await readHierarchies();
    for (const { controllers, own, version } of hierarchies) {
      const name = version === 2 ? 'unified' : controllers.join(',').replace('name=', '');
      await sh(site.node, `mkdir /sys/fs/cgroup/${name}/kubepods`);
      const made = join(own, site.session.label, 'n1', 'kubepods');
      expect(await readFile(join(made, 'cgroup.procs'), 'utf8'), made).to.equal('');
    }
  });

  it('its memory is limited: what takes more is killed, the node goes on', async () => {
    const { exitCode, signal } = await site.node.exec(['perl', '-e', 'my $x = "x" x 400_000_000; sleep 9']);
    expect([exitCode, signal]).to.deep.equal([null, 'SIGKILL']);
    expect(await sh(site.node, 'echo still here')).to.equal('still here');
  });

  it('its processes are limited', async () => {
    const { stderr } = await site.node.exec(
      ['bash', '-c', 'for i in {1..100}; do sleep 3 & done 2>&1 | grep -m1 -i fork >&2; kill $(jobs -p)'],
      {
        timeoutMs: 20_000,
      },
    );
    expect(stderr).to.match(/fork|Resource temporarily unavailable/);
  });
});
