// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { identify, isLiving, killUntilNone, parseStat } from '../../../harness/providers/processes.ts';

describe('processes', () => {
  it('state and start are read from a stat line whose command holds spaces and parentheses', () => {
    const rest = Array.from({ length: 30 }, (_, i) => String(i + 4)).join(' '); // field 4 is "4", and so on
    expect(parseStat(`77 (a) S 1 (b c) R ${rest}\n`)).to.deep.equal({ state: 'R', startTicks: '22' });
  });

  it('this process lives; the same number with another start does not, nor does a number that nobody has', async () => {
    const self = await identify(process.pid);
    if (self === null) throw new Error('unreachable: this process runs');
    expect(await isLiving(self)).to.equal(true);
    expect(await isLiving({ ...self, startTicks: `${self.startTicks}0` })).to.equal(false);
    expect(await identify(2 ** 22 + 1)).to.equal(null);
  });

  it('what is found is killed until nothing is found; this process is never', async () => {
    const children = [spawn('sleep', ['60']), spawn('sleep', ['60'])];
    const ended = Promise.all(children.map(async (child) => await once(child, 'exit')));
    const pids = new Set(children.map((child) => child.pid ?? 0));
    for (const child of children) child.once('exit', () => pids.delete(child.pid ?? 0));
    const expected = [...pids];
    expect(await killUntilNone(() => Promise.resolve([...pids, process.pid]))).to.have.members(expected);
    expect((await ended).map(([, signal]) => signal as string)).to.deep.equal(['SIGKILL', 'SIGKILL']);
  });

  it('what does not end is named after the limit', async () => {
    const gone = 2 ** 22 + 1;
    const error = await killUntilNone(() => Promise.resolve([gone]), 20).catch(String);
    expect(error).to.include(`processes ${gone} of the session do not end`);
  });
});
