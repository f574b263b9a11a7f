// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { runCheck } from '../../../harness/checks/run-checks.ts';
import { verdictOf } from '../../../harness/checks/listing.ts';
import type { CheckContext } from '../../../harness/core/cluster.ts';
import type { EventBody } from '../../../harness/core/events.ts';

function context(): { context: CheckContext; events: EventBody[] } {
  const events: EventBody[] = [];
  const fake = {
    clock: { now: () => 7 },
    log: { append: (event: EventBody) => void events.push(event) },
    signal: new AbortController().signal,
    helper: { namespace: 'probe', image: 'x' },
    outside: async () => await Promise.reject(new Error('nothing is asked from outside here')),
    cluster: {
      node: { pace: 1, exec: async () => await Promise.reject(new Error('gone')) },
      kubectl: async () => await Promise.reject(new Error('no cluster')),
    },
    evidence: async (name: string) => await Promise.resolve({ file: `evidence/${name}.txt` }),
  };
  return { context: fake as unknown as CheckContext, events };
}

const check = { id: 'x', title: 'x holds', phase: 'exercise' } as const;

describe('running a check', () => {
  it('writes its answer to the log; a passing one gathers nothing', async () => {
    const { context: given, events } = context();
    await runCheck({ ...check, run: async () => await Promise.resolve(verdictOf([], 'fine')) }, given);
    expect(events).to.deep.equal([
      {
        type: 'check',
        id: 'x',
        title: 'x holds',
        required: true,
        startedAt: 7,
        result: 'pass',
        message: 'fine',
        evidence: [],
      },
    ]);
  });

  it('a failing one brings evidence, even when the cluster does not answer', async () => {
    const { context: given } = context();
    const found = await runCheck(
      { ...check, run: async () => await Promise.resolve(verdictOf(['a', 'b', 'c', 'd'], '')) },
      given,
    );
    expect(found).to.deep.equal({
      result: 'fail',
      message: 'a; b; c; and 1 more',
      evidence: [{ file: 'evidence/x-cluster.txt' }, { file: 'evidence/x-k3s-log.txt' }],
    });
  });

  it('one that throws is an error of the harness, never a failure of the bundle', async () => {
    const { context: given } = context();
    const found = await runCheck(
      { ...check, run: async () => await Promise.reject(new Error('socket closed')) },
      given,
    );
    expect(found.result).to.equal('error');
    expect(found.message).to.equal('could not be asked: socket closed');
  });
});
