// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { askPatiently, type ProbeAnswer } from '../../../harness/checks/probe.ts';
import { HarnessError } from '../../../harness/core/errors.ts';

/** So slow a node that its time is never over here, and so fast a one that it is over before the second question. */
const [SLOW, FAST] = [1000, 0.001];
const FINE: Partial<ProbeAnswer> = { ok: true };

/** Who is asked gives these answers one after the other, and the last one for ever. */
function asking(
  pace: number,
  answers: readonly Partial<ProbeAnswer>[],
): {
  readonly context: Parameters<typeof askPatiently>[0];
  readonly ask: () => Promise<ProbeAnswer>;
  readonly asked: () => number;
} {
  let asked = 0;
  return {
    context: { cluster: { node: { pace } } },
    ask: async () => {
      const answer = answers[Math.min(asked, answers.length - 1)];
      asked += 1;
      return { ok: false, error: '', addresses: [], status: 0, body: '', ...answer };
    },
    asked: () => asked,
  };
}

describe('a question that is asked patiently', () => {
  it('is asked once where the first answer will do', async () => {
    const { context, ask, asked } = asking(SLOW, [FINE]);
    expect(await askPatiently(context, ask)).to.include(FINE);
    expect(asked()).to.equal(1);
  });

  it('is asked again until there is an answer', async () => {
    const refused = { error: 'connection refused' };
    const { context, ask, asked } = asking(SLOW, [refused, refused, FINE]);
    expect(await askPatiently(context, ask)).to.include(FINE);
    expect(asked()).to.equal(3);
  });

  it('is asked again, however little time there is, and given up with what was answered last', async () => {
    const { context, ask, asked } = asking(FAST, [{ error: 'no route to host' }, { error: 'refused' }, FINE]);
    expect(await askPatiently(context, ask)).to.include({ ok: false, error: 'refused' });
    expect(asked()).to.equal(2);
  });

  it('is answered as whoever asks wants it: another status than theirs is asked again', async () => {
    const { context, ask, asked } = asking(SLOW, [
      { ok: true, status: 503 },
      { ok: true, status: 200 },
    ]);
    expect(await askPatiently(context, ask, ({ status }) => status === 200)).to.include({ status: 200 });
    expect(asked()).to.equal(2);
  });

  it('is not asked again where it could not be asked: that is the harness’s own trouble', async () => {
    let asked = 0;
    const fault = new HarnessError('a probe gave no answer', { code: 'harness' });
    const ask = async (): Promise<ProbeAnswer> => {
      asked += 1;
      throw fault;
    };
    const thrown = await askPatiently({ cluster: { node: { pace: SLOW } } }, ask).catch(
      (error: unknown) => error,
    );
    expect(thrown).to.equal(fault);
    expect(asked).to.equal(1);
  });
});
