// SPDX-License-Identifier: Apache-2.0
import { appendFile, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Clock, startClock } from '../../../harness/core/clock.ts';
import type { Event } from '../../../harness/core/events.ts';
import { EventLog, readEvents } from '../../../harness/run/event-log.ts';

const CLOCK: Clock = { ...startClock(), now: () => 42 };
const RUN = { type: 'run', v: 1, seq: 1, at: 0 };

async function failure(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'no error',
    (error: unknown) => (error as Error).message,
  );
}

describe('the event log', () => {
  it('is read back as it was written, and its listener saw the same', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'log-'));
    const path = join(dir.path, 'events.jsonl');
    const heard: Event[] = [];
    await writeFile(join(dir.path, 'other'), '');
    using log = new EventLog(path, CLOCK, (event) => heard.push(event));
    log.append({ type: 'run' } as never, { at: 0 });
    log.append({ type: 'phase', phase: 'inspect', edge: 'begin' });
    log.append({ type: 'limit', id: 'x', message: 'y' }, { at: 7, node: 'n1' });
    log.flush();
    expect(await readEvents(path)).to.deep.equal(heard);
    expect(heard.map(({ seq, at, node }) => [seq, at, node])).to.deep.equal([
      [1, 0, undefined],
      [2, 42, undefined],
      [3, 7, 'n1'],
    ]);
    expect(() => new EventLog(path, CLOCK, () => {})).to.throw('cannot write the event log');
  });

  it('leaves out a last line that was cut off, and refuses a broken line in the middle, with its number', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'log-'));
    const path = join(dir.path, 'events.jsonl');
    await writeFile(path, `${JSON.stringify(RUN)}\n{"v":1,"ty`);
    expect(await readEvents(path)).to.have.length(1);
    await appendFile(path, `\n${JSON.stringify(RUN)}\n`);
    expect(await failure(readEvents(path))).to.match(/events\.jsonl:2: .*JSON/);
  });

  it('refuses a log of a newer version, one that begins elsewhere, and a file that is not there', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'log-'));
    const path = join(dir.path, 'events.jsonl');
    await writeFile(path, `${JSON.stringify({ ...RUN, v: 2 })}\n`);
    expect(await failure(readEvents(path))).to.contain('this log has version 2; this tool reads version 1');
    await writeFile(path, `${JSON.stringify({ ...RUN, type: 'phase' })}\n`);
    expect(await failure(readEvents(path))).to.contain('does not begin with a run event');
    expect(await failure(readEvents(join(dir.path, 'none')))).to.contain('cannot read the event log');
  });
});
