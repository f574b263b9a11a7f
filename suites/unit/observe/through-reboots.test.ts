// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import type { EventSink } from '../../../harness/core/events.ts';
import type { RunningObserver } from '../../../harness/core/observer.ts';
import { ThroughReboots } from '../../../harness/observe/through-reboots.ts';
import { MemoryLog } from '../../support/memory-log.ts';

/** Takes what it is given, and says so in its health. */
class Counter implements RunningObserver {
  readonly id = 'cni';
  readonly #log: EventSink;
  readonly #lost: number | 'unknown';
  received = 0;
  ended = 0;

  constructor(log: EventSink, lost: number | 'unknown') {
    this.#log = log;
    this.#lost = lost;
  }

  async flush(): Promise<void> {
    await Promise.resolve();
    const { received } = this;
    this.#log.append({ type: 'health', observer: 'cni', received, lost: this.#lost }, { node: 'n1' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ended += 1;
    await this.flush();
  }
}

async function follow(
  where: 'in' | 'beside',
  losses: readonly (number | 'unknown')[] = [0, 0, 0],
): Promise<{ log: MemoryLog; started: Counter[]; observer: ThroughReboots }> {
  const log = new MemoryLog();
  const started: Counter[] = [];
  const observer = await ThroughReboots.start({
    id: 'cni',
    log,
    node: 'n1',
    where,
    start: async (to, turn) => {
      await Promise.resolve();
      const lost = losses[turn - 1];
      if (lost === undefined) throw new Error(`no turn ${turn}`);
      started.push(new Counter(to, lost));
      return started.at(-1) ?? expect.fail();
    },
  });
  return { log, started, observer };
}

describe('an observer through reboots', () => {
  it('beside a kernel it ends with it and is started while the next one waits', async () => {
    const { started, observer } = await follow('beside');
    await observer.stops();
    expect(started[0]?.ended).to.equal(0);
    await observer.ends();
    expect(started[0]?.ended).to.equal(1);
    await observer.flush(); // nothing to read: no harm
    await observer.waits();
    expect(started).to.have.length(2);
    await observer.runs();
    expect(started).to.have.length(2);
  });

  it('in a node it ends while that still runs, and is started when it runs again', async () => {
    const { started, observer } = await follow('in');
    await observer.stops();
    expect(started[0]?.ended).to.equal(1);
    await observer.ends();
    await observer.waits();
    expect(started).to.have.length(1);
    await observer.runs();
    expect(started).to.have.length(2);
  });

  it('its counts go on where they stood, and a loss that could not be told stays untold', async () => {
    const { log, started, observer } = await follow('beside', [2, 3, 'unknown']);
    for (const received of [10, 5, 1]) {
      (started.at(-1) ?? expect.fail()).received = received;
      await observer.ends();
      if (received !== 1) await observer.waits();
    }
    expect(log.of('health').map(({ received, lost }) => [received, lost])).to.deep.equal([
      [10, 2],
      [15, 5],
      [16, 'unknown'],
    ]);
  });

  it('one that cannot be started again is a fault that names it, and the reboot fails', async () => {
    const { log, observer } = await follow('beside', [0]);
    await observer.ends();
    expect(String(await observer.waits().catch(String))).to.equal('Error: no turn 2');
    expect(log.of('fault').map(({ source, message }) => [source, message])).to.deep.equal([
      ['cni', 'observer "cni" could not be started again with the node: no turn 2'],
    ]);
  });

  it('once it is ended it is not started again', async () => {
    const { started, observer } = await follow('beside');
    await observer[Symbol.asyncDispose]();
    await observer[Symbol.asyncDispose]();
    await observer.waits();
    expect(started.map(({ ended }) => ended)).to.deep.equal([1]);
  });
});
