// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import type { Event } from '../../../harness/core/events.ts';
import { reportSchema } from '../../../harness/core/report.ts';
import { buildReport } from '../../../harness/verdict/build-report.ts';
import { RunFold } from '../../../harness/verdict/run-fold.ts';
import { containerIdOf, LogBuilder, RENDERED_AT, RUN, S } from './log-builder.ts';

describe('RunFold', () => {
  it('answers while events arrive, and in the end as if it had seen all at once', () => {
    const log = new LogBuilder()
      .complete()
      .saw('routes', 30, { protocol: 'tcp', address: '198.51.100.7', port: 443 });
    const fold = new RunFold();
    expect([fold.attempts(), fold.canaries(), fold.observers(), fold.witnessed()]).to.deep.equal([
      [],
      [],
      [],
      [],
    ]);
    const seen: number[] = [];
    for (const event of log.events) {
      fold.add(event);
      seen.push(fold.attempts().length);
    }
    expect(seen.at(-2)).to.equal(0);
    expect(seen.at(-1)).to.equal(1);
    const { renderedAt, ...rest } = log.report();
    expect(renderedAt).to.equal(RENDERED_AT);
    expect(fold.report()).to.deep.equal(rest);
  });

  it('gives reports that fit the schema, from any prefix of a log', () => {
    const { events } = new LogBuilder()
      .complete()
      .saw('routes', 30, { protocol: 'tcp', address: '198.51.100.7', port: 443 });
    for (let length = 1; length <= events.length; length += 1) {
      const report = buildReport(events.slice(0, length), { renderedAt: RENDERED_AT });
      expect(reportSchema.parse(report)).to.deep.equal(report);
    }
  });

  it('tells what the witness saw', () => {
    const fold = new RunFold();
    for (const event of new LogBuilder().saw('witness', 3, {
      protocol: 'tcp',
      address: '203.0.113.9',
      port: 80,
    }).events)
      fold.add(event);
    expect(fold.witnessed()).to.deep.equal(['203.0.113.9:80 (tcp)']);
  });

  it('takes what Kubernetes said of itself for what the plan expected', () => {
    const distribution = { name: 'k3s-compat', version: 'v1', standIn: true, from: 'setup' };
    const { environment, limits } = new LogBuilder().add(3, { type: 'distribution', distribution }).report();
    expect(environment.distribution).to.deep.equal({ ...distribution, contract: null, contractNote: null });
    expect(limits.map(({ id }) => id)).to.include('stand-in');
    expect(new LogBuilder().report().limits.map(({ id }) => id)).to.not.include('stand-in');
  });

  it('says of a K3s that has not passed the contract suite that it is unverified, and what that means', () => {
    const of = (contract: 'passed' | 'unverified'): ReturnType<LogBuilder['report']> => {
      const kubernetes = { name: 'k3s', version: 'v1', standIn: false, from: 'bundle (k3s)' };
      const distribution = { ...kubernetes, contract, contractNote: 'the note' };
      return new LogBuilder().add(3, { type: 'distribution', distribution }).report();
    };
    const { environment, limits } = of('unverified');
    expect(environment.distribution).to.include({ contract: 'unverified', contractNote: 'the note' });
    const limit = limits.find(({ id }) => id === 'unverified-k3s');
    expect(limit?.message).to.match(/^This K3s is unverified \(the note\): .*npm run test:k3s-contract\.$/);
    expect(of('passed').limits.map(({ id }) => id)).to.not.include('unverified-k3s');
  });

  it('adds up a phase that was entered twice and keeps its note', () => {
    const log = new LogBuilder().phase('prove', 1, 2).phase('install', 2, 5).phase('prove', 5, 6.5);
    log.add(7, { type: 'phase', phase: 'settle', edge: 'begin', note: 'waiting' });
    const { phases, timings } = log.report();
    expect(
      phases.map(({ phase, status, start, durationMs, note }) => [phase, status, start, durationMs, note]),
    ).to.deep.equal([
      ['prove', 'done', 1000, 2500, null],
      ['install', 'done', 2000, 3000, null],
      ['settle', 'unfinished', 7000, null, 'waiting'],
      ['teardown', 'not-run', null, null, null],
    ]);
    expect(timings).to.deep.equal({ prove: 2500, install: 3000, total: 7000 });
  });

  it('adds up what each node’s observer received and lost, and tells who died', () => {
    const log = new LogBuilder({ observers: ['routes', 'link', 'dns'] })
      .add(3, { type: 'health', observer: 'routes', received: 5, lost: 0 }, 'a')
      .add(4, { type: 'health', observer: 'routes', received: 9, lost: 1 }, 'a')
      .add(4, { type: 'health', observer: 'routes', received: 2, lost: 2 }, 'b')
      .add(5, { type: 'health', observer: 'link', received: 3, lost: 0 })
      .add(5, { type: 'fault', source: 'observe/link', message: 'gone' });
    expect(log.report().observers).to.deep.equal([
      { id: 'routes', required: true, received: 11, lost: 3, status: 'lost-events' },
      { id: 'link', required: true, received: 3, lost: 0, status: 'died' },
      { id: 'dns', required: true, received: 0, lost: 0, status: 'absent' },
    ]);
  });

  it('counts a storm exactly: 30,000 tries with as many frames', () => {
    const fold = new RunFold();
    const add = (event: Record<string, unknown>): void =>
      fold.add({ v: 1, seq: 1, ...event } as unknown as Event);
    for (const event of new LogBuilder().pod('web', '10.42.0.5').events) fold.add(event);
    for (let task = 0; task < 100; task += 1)
      add({ type: 'task', at: 0, key: `n:${task}:0`, exe: `/bin/p${task}`, container: containerIdOf('web') });
    for (let index = 0; index < 30_000; index += 1) {
      const to = { protocol: 'tcp', address: `198.51.100.${index % 250}`, port: 443 };
      const at = index * 1000;
      const from = { address: '10.42.0.5', port: 1024 + (index % 60_000) };
      add({
        type: 'sighting',
        at,
        last: at,
        count: 1,
        observer: 'routes',
        task: `n:${index % 100}:0`,
        from,
        to,
        raw: { text: '' },
      });
      add({
        type: 'sighting',
        at,
        last: at,
        count: 1,
        observer: 'cni',
        from,
        to,
        raw: { file: 'x', record: index },
      });
    }
    const attempts = fold.attempts();
    expect(attempts).to.have.length(250);
    expect(attempts.reduce((sum, { count }) => sum + count, 0)).to.equal(30_000);
  });
});

describe('times', () => {
  it('of a run are in milliseconds', () => {
    const log = new LogBuilder().saw(
      'routes',
      1.2345678,
      { protocol: 'tcp', address: '198.51.100.7', port: 1 },
      { last: 2 * S },
    );
    const [attempt] = log.attempts();
    expect([attempt?.first, attempt?.last]).to.deep.equal([1234.568, 2000]);
    expect(RUN.at).to.equal(0);
  });
});
