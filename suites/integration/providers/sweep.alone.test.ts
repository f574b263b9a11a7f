// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { agentClient } from '../../../harness/providers/agent-client.ts';
import { readHierarchies } from '../../../harness/providers/cgroup-tree.ts';
import { TRACE_INSTANCES } from '../../../harness/providers/destroy.ts';
import { identify } from '../../../harness/providers/processes.ts';
import { readRecord, stateDirectory, writeRecord } from '../../../harness/providers/session-record.ts';
import { endSession, livingSessions, sweep } from '../../../harness/providers/sweep.ts';
import { needs } from '../support/needs.ts';
import { bootSite, sh, type TestNode } from './fixture.ts';
import { hold, HOLDER, kill, unclaimed } from './held-node.ts';
import { descriptorsOf, remainsOf } from './remains.ts';

describe('sweep', () => {
  let living: TestNode;
  before(async function () {
    needs(this, 'root', 'netns', 'tracefs');
    living = await bootSite();
  });
  after(async () => await living?.[Symbol.asyncDispose]());

  async function livingIsUntouched(): Promise<void> {
    expect(await sh(living.node, 'echo alive')).to.equal('alive');
    const { stdout } = await execa('ip', ['netns', 'list']);
    for (const part of ['n1', 'sink', 'witness'])
      expect(stdout).to.include(`${living.session.label}-${part}`);
  }

  it('removes all that a killed run left, and touches nothing of one that lives', async () => {
    const { pid, id, ended } = await hold();
    expect(id).to.match(/^[0-9a-f]{6}$/);
    const instance = join(TRACE_INSTANCES, `agr-${id}-n1`);
    await mkdir(instance);
    const reader = spawn('cat', [join(instance, 'trace_pipe')], { stdio: ['ignore', 'pipe', 'inherit'] });
    const readerEnded = once(reader, 'exit');
    await kill(pid, ended);
    expect((await remainsOf(`agr-${id}`)).length).to.be.greaterThan(10);

    const swept = (await sweep()).filter(({ session }) => session === id);
    const kinds = new Set(swept.map(({ kind }) => kind));
    expect([...kinds].toSorted()).to.deep.equal(['cgroup', 'netns', 'process', 'state', 'trace-instance']);
    expect(
      swept
        .filter(({ kind }) => kind === 'netns')
        .map(({ name }) => name)
        .toSorted(),
    ).to.deep.equal([`agr-${id}-n1`, `agr-${id}-sink`, `agr-${id}-witness`]);
    await readerEnded;
    expect(await remainsOf(`agr-${id}`)).to.deep.equal([]);
    expect((await sweep()).filter(({ session }) => session === id)).to.deep.equal([]);
    await livingIsUntouched();
  });

  it('a run that was killed at any moment of making its node is swept whole', async () => {
    for (const delay of [40, 80, 120, 160, 200, 240, 280, 320, 400, 500]) {
      const child = spawn(process.execPath, [HOLDER], { stdio: 'ignore' });
      const ended = once(child, 'exit');
      await new Promise((resolve) => setTimeout(resolve, delay));
      await kill(child.pid ?? 0, ended);
      await sweep();
    }
    expect(await unclaimed()).to.deep.equal([]);
    await livingIsUntouched();
  });

  it('a session whose owner’s number another process has now is dead', async () => {
    const { pid, id, ended } = await hold();
    await kill(pid, ended);
    const folder = join(await stateDirectory(), 'sessions', id);
    const record = await readRecord(folder);
    if (record === null) throw new Error('no record');
    await writeRecord(folder, {
      ...record,
      owner: { pid: process.pid, startTicks: record.owner.startTicks },
    });
    await sweep();
    expect(await remainsOf(`agr-${id}`)).to.deep.equal([]);
  });

  it('a kept session outlives its run, can be entered, and ends when it is told to', async () => {
    const { id, ended } = await hold(['keep', 'leave']);
    expect(await ended).to.deep.equal([0, null]);
    expect((await sweep()).filter(({ session }) => session === id)).to.deep.equal([]);
    const record = (await livingSessions()).find((each) => each.id === id);
    if (record === undefined) throw new Error('the kept session is not listed');
    const [node] = record.nodes;
    const { stdout } = await agentClient({ socket: node?.execSocket ?? '', node: 'n1' }).exec(['hostname']);
    expect(stdout).to.equal('n1\n');
    await endSession(record);
    expect(await remainsOf(`agr-${id}`)).to.deep.equal([]);
    await livingIsUntouched();
  });

  it('a kept session is swept once its node is dead', async () => {
    const { id, ended } = await hold(['keep', 'leave']);
    await ended;
    const record = (await livingSessions()).find((each) => each.id === id);
    const { pid } = record?.nodes[0]?.launcher ?? { pid: 0 };
    process.kill(pid, 'SIGKILL');
    while ((await identify(pid)) !== null) await sleep(5);
    await sweep();
    expect(await remainsOf(`agr-${id}`)).to.deep.equal([]);
    await livingIsUntouched();
  });

  it('labelled things that no session claims are orphans; things with other names are nobody’s business', async () => {
    const orphan = 'agr-0fa11e';
    await execa('ip', ['netns', 'add', `${orphan}-n1`]);
    await execa('ip', ['netns', 'add', 'agr-notours']);
    await mkdir(join(TRACE_INSTANCES, orphan));
    const [hierarchy] = await readHierarchies();
    await mkdir(join(hierarchy?.own ?? '', orphan, 'n1'), { recursive: true });
    const swept = (await sweep()).filter(({ session }) => session === orphan.slice('agr-'.length));
    expect(swept.map(({ session, kind }) => `${session} ${kind}`).toSorted()).to.deep.equal([
      '0fa11e cgroup',
      '0fa11e netns',
      '0fa11e trace-instance',
    ]);
    expect(await remainsOf(orphan)).to.deep.equal([]);
    await execa('ip', ['netns', 'delete', 'agr-notours']);
    await livingIsUntouched();
  });

  it('a run with another state directory is known by the registry', async () => {
    const folder = join('/var/tmp', `airgap-state-${process.pid}`);
    const { pid, id, ended } = await hold([], `export AIRGAP_STATE_DIR=${folder};`);
    expect((await sweep()).filter(({ session }) => session === id)).to.deep.equal([]);
    await kill(pid, ended);
    await sweep();
    expect(await remainsOf(`agr-${id}`)).to.deep.equal([]);
    const { stdout } = await execa('ls', [join(folder, 'sessions')]);
    expect(stdout).to.equal('');
    await execa('rm', ['-r', folder]);
  });

  it('what the harness’s parent left open does not reach a node', async () => {
    await writeFile('/var/tmp/airgap-inherited', 'secret');
    const { pid, id, ended } = await hold([], 'exec 9<>/var/tmp/airgap-inherited 230</;');
    expect(await descriptorsOf([pid])).to.include('/var/tmp/airgap-inherited');
    const record = (await livingSessions()).find((each) => each.id === id);
    const [hierarchy] = await readHierarchies();
    const { stdout } = await execa('bash', [
      '-c',
      `cat $(find ${hierarchy?.own} -path '*agr-${id}*' -name cgroup.procs)`,
    ]);
    const pids = stdout.split('\n').map(Number);
    const inside = pids.filter((each) => each !== record?.nodes[0]?.launcher.pid);
    expect(inside.length).to.be.greaterThan(3);
    expect(
      (await descriptorsOf(inside)).filter((target) => target === '/' || target.includes('inherited')),
    ).to.deep.equal([]);
    await kill(pid, ended);
    await sweep();
    await execa('rm', ['/var/tmp/airgap-inherited']);
  });
});
