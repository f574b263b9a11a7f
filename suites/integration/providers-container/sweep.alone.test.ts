// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { agentClient } from '../../../harness/providers/agent-client.ts';
import { endSession, livingSessions, sweep } from '../../../harness/providers/sweep.ts';
import { needs } from '../support/needs.ts';
import { allRemains, bootContainerSite, images, labelled, partsOfANode } from './fixture.ts';

const HOLDER = join(import.meta.dirname, 'hold-node.ts');

async function hold(
  ...args: readonly string[]
): Promise<{ pid: number; id: string; ended: Promise<unknown> }> {
  const child = spawn(process.execPath, [HOLDER, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let said = '';
  for await (const chunk of child.stdout) {
    said += String(chunk);
    if (said.includes('\n')) break;
  }
  return { pid: child.pid ?? 0, id: said.trim(), ended };
}

describe('sweep of containers', () => {
  let untouched: { readonly images: string[]; readonly labelled: string[] };

  before(async function () {
    needs(this, 'root', 'netns', 'k3s', 'container');
    await (await bootContainerSite())[Symbol.asyncDispose](); // who needs the image first imports it
    untouched = { images: await images(), labelled: await labelled() };
  });

  it('a harness that was killed leaves a container; sweep removes it, its volumes and all else; the image stays', async () => {
    await using living = await bootContainerSite();
    const { pid, id, ended } = await hold();
    process.kill(pid, 'SIGKILL');
    await ended;
    expect(await labelled(id)).to.have.lengthOf(await partsOfANode());
    const swept = (await sweep()).filter(({ session }) => session === id);
    expect(swept.filter(({ kind }) => kind === 'container').map(({ name }) => name)).to.include.members([
      `agr-${id}-n1`,
      `agr-${id}-n1-net`,
    ]);
    expect(await allRemains(`agr-${id}`)).to.deep.equal([]);
    expect(await images()).to.deep.equal(untouched.images);
    expect((await living.node.exec(['hostname'])).stdout).to.equal('n1\n');
  });

  it('killed at five moments of its start, sweep leaves nothing', async () => {
    for (const delay of [300, 700, 1100, 1500, 2000]) {
      const child = spawn(process.execPath, [HOLDER], { stdio: 'ignore' });
      const ended = once(child, 'exit');
      await new Promise((resolve) => setTimeout(resolve, delay));
      process.kill(child.pid ?? 0, 'SIGKILL');
      await ended;
      await sweep();
      expect(await labelled(), `after ${delay} ms`).to.deep.equal(untouched.labelled);
    }
    expect(await images()).to.deep.equal(untouched.images);
  });

  it('a container whose session’s folder is gone is known by its label', async () => {
    const { pid, id, ended } = await hold();
    process.kill(pid, 'SIGKILL');
    await ended;
    const record = `/run/airgap/${id}`;
    const { stdout: folder } = await execa('readlink', [record]);
    await execa('rm', ['-r', record, folder]);
    await sweep();
    expect(await labelled(id)).to.deep.equal([]);
    expect(await allRemains(`agr-${id}`)).to.deep.equal([]);
  });

  it('a kept session outlives its run, can be entered, and ends when it is told to', async () => {
    const { id, ended } = await hold('keep', 'leave');
    expect(await ended).to.deep.equal([0, null]);
    expect((await sweep()).filter(({ session }) => session === id)).to.deep.equal([]);
    const record = (await livingSessions()).find((each) => each.id === id);
    if (record === undefined) throw new Error('the kept session is not listed');
    const { stdout } = await agentClient({ socket: record.nodes[0]?.execSocket ?? '', node: 'n1' }).exec([
      'hostname',
    ]);
    expect(stdout).to.equal('n1\n');
    await endSession(record);
    expect(await allRemains(`agr-${id}`)).to.deep.equal([]);
  });
});
