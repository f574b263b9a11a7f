// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  findCgroups,
  type Hierarchy,
  parseHierarchies,
  processesInCgroup,
} from '../../../harness/providers/cgroup-tree.ts';
import { sessionCgroup } from '../../../harness/providers/node-cgroups.ts';

const mount = (point: string, type: string, options: string, root = '/'): string =>
  `40 30 0:30 ${root} ${point} rw,nosuid shared:9 - ${type} ${type} rw,${options}`;

describe('cgroup hierarchies', () => {
  it('v1 with controllers mounted together, and one that is not mounted', () => {
    const cgroup = '5:cpu,cpuacct:/user/a\n4:memory:/\n3:rdma:/\n1:name=systemd:/user/a:b\n';
    const mountinfo = [
      mount('/sys/fs/cgroup/cpu,cpuacct', 'cgroup', 'cpu,cpuacct'),
      mount('/sys/fs/cgroup/memory', 'cgroup', 'memory'),
      mount('/sys/fs/cgroup/systemd', 'cgroup', 'xattr,name=systemd'),
      mount('/sys', 'sysfs', 'memory'),
    ].join('\n');
    expect(parseHierarchies(cgroup, mountinfo)).to.deep.equal([
      {
        controllers: ['cpu', 'cpuacct'],
        version: 1,
        mountPoint: '/sys/fs/cgroup/cpu,cpuacct',
        own: '/sys/fs/cgroup/cpu,cpuacct/user/a',
      },
      {
        controllers: ['memory'],
        version: 1,
        mountPoint: '/sys/fs/cgroup/memory',
        own: '/sys/fs/cgroup/memory',
      },
      {
        controllers: ['name=systemd'],
        version: 1,
        mountPoint: '/sys/fs/cgroup/systemd',
        own: '/sys/fs/cgroup/systemd/user/a:b',
      },
    ] satisfies Hierarchy[]);
  });

  it('hybrid: the session nests under its own cgroup in v2 as well', () => {
    const hierarchies = parseHierarchies(
      '4:memory:/job\n0::/job\n',
      [
        mount('/sys/fs/cgroup/memory', 'cgroup', 'memory'),
        mount('/sys/fs/cgroup/unified', 'cgroup2', 'nsdelegate'),
      ].join('\n'),
    );
    expect(hierarchies.map((each) => sessionCgroup(each, hierarchies, 'agr-1a2b3c'))).to.deep.equal([
      '/sys/fs/cgroup/memory/job/agr-1a2b3c',
      '/sys/fs/cgroup/unified/job/agr-1a2b3c',
    ]);
  });

  it('v2 alone: the session goes below the root, which may have both processes and controllers', () => {
    const hierarchies = parseHierarchies(
      '0::/user.slice/a.scope\n',
      mount('/sys/fs/cgroup', 'cgroup2', 'nsdelegate'),
    );
    expect(hierarchies).to.deep.equal([
      { controllers: [], version: 2, mountPoint: '/sys/fs/cgroup', own: '/sys/fs/cgroup/user.slice/a.scope' },
    ]);
    expect(hierarchies.map((each) => sessionCgroup(each, hierarchies, 'agr-1a2b3c'))).to.deep.equal([
      '/sys/fs/cgroup/agr-1a2b3c',
    ]);
  });

  it('in a container that sees a part of the hierarchy, that part’s root is cut off the path', () => {
    const [memory] = parseHierarchies(
      '4:memory:/docker/abc/sub\n',
      mount('/sys/fs/cgroup/memory', 'cgroup', 'memory', '/docker/abc'),
    );
    expect(memory?.own).to.equal('/sys/fs/cgroup/memory/sub');
  });

  it('processes are those of a cgroup and of all below it; labelled cgroups are found at any depth', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'cgroups-'));
    const node = join(dir.path, 'job', 'agr-1a2b3c', 'n1');
    await mkdir(join(node, 'kubepods', 'agr-inner'), { recursive: true });
    await writeFile(join(node, 'cgroup.procs'), '11\n12\n');
    await writeFile(join(node, 'kubepods', 'cgroup.procs'), '13\n');
    expect(await processesInCgroup(node)).to.deep.equal([11, 12, 13]);
    expect(await processesInCgroup(join(dir.path, 'none'))).to.deep.equal([]);
    expect(await findCgroups(dir.path, 'agr-')).to.deep.equal([join(dir.path, 'job', 'agr-1a2b3c')]);
  });
});
