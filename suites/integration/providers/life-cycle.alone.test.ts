// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { access, mkdtempDisposable, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { readHierarchies, processesInCgroup } from '../../../harness/providers/cgroup-tree.ts';
import { identify } from '../../../harness/providers/processes.ts';
import { needs } from '../support/needs.ts';
import { bootSite, openSite, sh, type TestSite } from './fixture.ts';
import { remainsOf } from './remains.ts';

async function processesOf(site: TestSite): Promise<number[]> {
  const hierarchies = await readHierarchies();
  const lists = await Promise.all(
    hierarchies.map(async ({ own }) => await processesInCgroup(join(own, site.session.label))),
  );
  return [...new Set(lists.flat())];
}

async function running(pids: readonly number[]): Promise<number[]> {
  const found = await Promise.all(pids.map(identify));
  return found.flatMap((identity) => (identity === null ? [] : [identity.pid]));
}

describe('life of a node', () => {
  before(function () {
    needs(this, 'root', 'netns');
  });

  it('disposing ends every process of its cgroups', async () => {
    const site = await bootSite();
    await sh(site.node, 'setsid sleep 3600 >/dev/null 2>&1 & mkdir -p /sys/fs/cgroup/memory/kubepods/x');
    const pids = await processesOf(site);
    expect(pids.length).to.be.greaterThan(3);
    await site[Symbol.asyncDispose]();
    expect(await running(pids)).to.deep.equal([]);
  });

  it('the state folder and both sockets are for root alone', async () => {
    await using site = await bootSite();
    const [node] = site.session.record.nodes;
    const modes = await Promise.all(
      [site.session.folder, node?.execSocket ?? '', node?.apiSocket ?? ''].map(
        async (path) => (await stat(path)).mode & 0o777,
      ),
    );
    expect(modes).to.deep.equal([0o700, 0o600, 0o600]);
    expect(node?.apiSocket).to.equal(site.node.apiSocket);
  });

  it('a node that never booted leaves nothing either', async () => {
    const site = await openSite();
    const { label } = site.session;
    expect(await processesOf(site)).to.deep.equal([site.prepared.launcherTid]);
    await site[Symbol.asyncDispose]();
    expect(await remainsOf(label)).to.deep.equal([]);
  });

  it('a node that cannot start says why, and nothing is left', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-given-'));
    await writeFile(join(dir.path, 'file'), '');
    const site = await openSite({
      binds: [{ from: join(dir.path, 'file'), to: '/etc/passwd/below-a-file' }],
    });
    const error = await site.prepared.boot().catch((caught: unknown) => caught);
    expect(String(error)).to.include('node "n1" did not start').and.include('/etc/passwd: not a directory');
    await site[Symbol.asyncDispose]();
    expect(await remainsOf(site.session.label)).to.deep.equal([]);
  });

  it('a reboot ends every process, cgroup and setting; its new launcher is told of while nothing else runs', async () => {
    await using site = await bootSite();
    const { node } = site;
    await sh(
      node,
      'setsid sleep 3600 >/dev/null 2>&1 & mkdir /sys/fs/cgroup/memory/kubepods; echo 17 >/proc/sys/kernel/panic',
    );
    const old = await processesOf(site);
    const first = site.prepared.launcherTid;
    const told: { tid: number | null; before: number[] }[] = [];
    node.onReboot({
      waits: async (tid) => {
        told.push({ tid, before: await processesOf(site) });
      },
    });
    await node.reboot();
    expect(await running(old)).to.deep.equal([]);
    // The listener was called while the new launcher waited and nothing else ran.
    expect(told).to.deep.equal([{ tid: site.prepared.launcherTid, before: [site.prepared.launcherTid] }]);
    expect(site.prepared.launcherTid).not.to.equal(first);
    expect(site.session.record.nodes.map(({ launcher }) => launcher.pid)).to.deep.equal([
      site.prepared.launcherTid,
    ]);
    expect(await sh(node, 'ls -d /sys/fs/cgroup/memory/kubepods 2>/dev/null || :')).to.equal('');
    expect(await sh(node, 'cat /proc/sys/kernel/panic')).not.to.equal('17');
  });

  it('SIGTERM to the node’s PID 1 reaches every process of it, and ends the node', async () => {
    await using site = await bootSite();
    await using waiter = site.node.spawn([
      'sh',
      '-c',
      'trap "echo told; exit" TERM; echo ready; while :; do sleep 0.05; done',
    ]);
    await once(waiter.stdout, 'data');
    const said = once(waiter.stdout, 'data');
    const { launcherTid } = site.prepared;
    const children = await readFile(`/proc/${launcherTid}/task/${launcherTid}/children`, 'utf8');
    process.kill(Number(children), 'SIGTERM');
    expect(String(await said)).to.equal('told\n');
    await waiter.ended;
    for (let i = 0; (await processesOf(site)).length > 0; i += 1) {
      expect(i).to.be.lessThan(100);
      await sleep(20);
    }
  });

  it('a node whose PID 1 is killed is gone: exec says so instead of waiting', async () => {
    await using site = await bootSite();
    const waiting = site.node.exec(['sleep', '3600']).catch(String);
    const spawned = site.node.spawn(['sleep', '3600']);
    process.kill(Number(site.prepared.launcherTid), 'SIGKILL');
    expect(await waiting).to.match(/node "n1" went away while it ran "sleep 3600"/);
    expect(await spawned.ended).to.deep.equal({ exitCode: null, signal: 'SIGKILL' });
    const later = await site.node.exec(['true']).catch(String);
    expect(later).to.include('node "n1" went away');
    expect(await access(site.session.folder).then(() => true)).to.equal(true);
  });
});
