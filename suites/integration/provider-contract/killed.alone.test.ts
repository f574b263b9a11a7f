// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { ProviderId } from '../../../harness/providers/provider.ts';
import { sweep } from '../../../harness/providers/sweep.ts';
import { bootSite, sh } from '../providers/fixture.ts';
import { hold, HOLDER, kill, unclaimed } from '../providers/held-node.ts';
import { hostState, remainsOf } from '../providers/remains.ts';
import { forEachProvider } from './each-provider.ts';

/** Milliseconds after the start of the process that makes a node: before, amid and after its start. */
const MOMENTS = {
  netns: [250, 500, 900],
  container: [250, 500, 900],
  vm: [700, 2500, 6000],
} as const satisfies Record<ProviderId, readonly number[]>;

forEachProvider('a node whose harness is killed', (provider) => {
  it('is removed whole by a sweep, which touches nothing of a run that lives', async () => {
    const host = await hostState();
    {
      await using living = await bootSite({ provider });
      const { pid, id, ended } = await hold([provider]);
      await kill(pid, ended);
      expect((await remainsOf(`agr-${id}`)).length).to.be.greaterThan(3);
      const swept = (await sweep()).filter(({ session }) => session === id);
      expect(swept.map(({ kind }) => kind)).to.include.members(['process', 'netns', 'state']);
      expect(await remainsOf(`agr-${id}`)).to.deep.equal([]);
      expect((await sweep()).filter(({ session }) => session === id)).to.deep.equal([]);
      expect(await sh(living.node, 'echo alive')).to.equal('alive');
    }
    expect(await hostState()).to.deep.equal(host);
  });

  it('is removed whole at whatever moment of making it that was', async () => {
    for (const moment of MOMENTS[provider]) {
      const child = spawn(process.execPath, [HOLDER, provider], { stdio: 'ignore' });
      const ended = once(child, 'exit');
      await sleep(moment);
      await kill(child.pid ?? 0, ended);
      await sweep();
      expect(await unclaimed(), `killed after ${moment} ms`).to.deep.equal([]);
    }
  });
});
