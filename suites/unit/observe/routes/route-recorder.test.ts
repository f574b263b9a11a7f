// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import fc from 'fast-check';
import { InsideAddresses } from '../../../../harness/core/inside-addresses.ts';
import { noProc } from '../../../../harness/observe/routes/proc-reader.ts';
import { RouteRecorder, type TraceSource } from '../../../../harness/observe/routes/route-recorder.ts';
import { INSIDE, MemoryLog } from '../../../support/memory-log.ts';
import { standingClock } from '../standing-clock.ts';

interface Recorded {
  readonly log: MemoryLog;
  readonly recorder: RouteRecorder;
  readonly markers: readonly string[];
}

function record(lines: readonly string[], source: TraceSource = 'node', cut?: readonly number[]): Recorded {
  const log = new MemoryLog();
  const markers: string[] = [];
  const recorder = new RouteRecorder({
    log,
    clock: standingClock(),
    node: 'n1',
    inside: new InsideAddresses(INSIDE),
    proc: noProc,
    onMarker: (_, text) => void markers.push(text),
  });
  recorder.seed(100, 1_000_000_000);
  const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''), 'latin1');
  let from = 0;
  for (const to of [...(cut ?? []), bytes.length]) {
    recorder.push(source, bytes.subarray(from, to));
    from = to;
  }
  return { log, recorder, markers };
}

function line(event: string, { comm = 'curl', tid = 100, flags = '.....', time = '2.000001' } = {}): string {
  return `${comm.padStart(16)}-${String(tid).padEnd(7)} [001] ${flags}  ${time}: ${event}`;
}

function lookup(
  from: string,
  to: string,
  { proto = 6, err = -11, ...head }: Parameters<typeof line>[1] & { proto?: number; err?: number } = {},
): string {
  const family = to.includes(':') ? 'fib6' : 'fib';
  return line(
    `${family}_table_lookup: table 254 oif 0 iif 1 proto ${proto} ${from} -> ${to} tos 0 scope 0 flags 8 ==> dev - gw 0.0.0.0/:: err ${err}`,
    head,
  );
}

/** Flags of clone, as Linux 6.18 printed them. */
const THREAD = '3d0f00';
const IO_THREAD = '80810f00';

function newtask(child: number, flags: string, head: Parameters<typeof line>[1] = {}): string {
  return line(`task_newtask: pid=${child} comm=a b clone_flags=${flags} oom_score_adj=0`, head);
}

describe('the recorder of routing look-ups', () => {
  it('writes who tried what, tasks first', () => {
    const { log, recorder } = record([
      line('sched_process_exec: filename=/usr/bin/curl pid=100 old_pid=100', { time: '1.500000' }),
      lookup('0.0.0.0/0', '203.0.113.9/80'),
    ]);
    recorder.writeBefore(Number.POSITIVE_INFINITY);
    expect(log.events).to.deep.equal([
      {
        v: 1,
        seq: 1,
        at: 1_000_000_000,
        node: 'n1',
        type: 'task',
        key: 'n1:100:1000000000',
        exe: 'launcher',
      },
      {
        v: 1,
        seq: 2,
        at: 1_500_000_000,
        node: 'n1',
        type: 'task',
        key: 'n1:100:1500000000',
        parent: 'n1:100:1000000000',
        exe: '/usr/bin/curl',
      },
      {
        v: 1,
        seq: 3,
        at: 2_000_001_000,
        node: 'n1',
        type: 'sighting',
        observer: 'routes',
        last: 2_000_001_000,
        count: 1,
        task: 'n1:100:1500000000',
        from: {},
        to: { protocol: 'tcp', address: '203.0.113.9', port: 80 },
        err: -11,
        raw: { text: 'curl-100 table 254 proto 6 0.0.0.0/0 -> 203.0.113.9/80 err -11' },
      },
    ]);
  });

  it('writes the source as exactly as the look-ups of the attempt tell it', () => {
    const { log, recorder } = record([
      lookup('0.0.0.0/0', '203.0.113.9/80', { err: 0 }),
      lookup('10.42.0.3/0', '203.0.113.9/80', { err: 0 }),
      lookup('10.42.0.3/49580', '203.0.113.9/80', { err: 0 }),
    ]);
    recorder.writeBefore(Number.POSITIVE_INFINITY);
    const [sighting] = log.of('sighting');
    expect(sighting).to.deep.include({ count: 1, err: 0, from: { address: '10.42.0.3', port: 49580 } });
  });

  it('folds what is repeated within a second, and counts attempts', () => {
    const { log, recorder } = record([
      lookup('0.0.0.0/0', '203.0.113.9/80', { time: '2.000000' }),
      lookup('0.0.0.0/0', '203.0.113.9/80', { time: '2.500000' }),
      lookup('0.0.0.0/0', '203.0.113.9/80', { time: '3.200000' }),
    ]);
    recorder.writeBefore(Number.POSITIVE_INFINITY);
    expect(log.of('sighting').map(({ at, last, count }) => ({ at, last, count }))).to.deep.equal([
      { at: 2_000_000_000, last: 2_500_000_000, count: 2 },
      { at: 3_200_000_000, last: 3_200_000_000, count: 1 },
    ]);
  });

  it('leaves out what is inside, but for questions', () => {
    const { log, recorder } = record([
      lookup('0.0.0.0/0', '10.43.0.1/443', { err: 0 }),
      lookup('::/0', 'fd99::2/443', { err: 0 }),
      lookup('::/0', 'ff02::1/0', { proto: 58, err: 0 }),
      lookup('0.0.0.0/40001', '10.43.0.10/53', { proto: 17, err: 0 }),
      lookup('0.0.0.0/0', '169.254.169.254/80', { err: 0 }),
    ]);
    recorder.writeBefore(Number.POSITIVE_INFINITY);
    expect(log.of('sighting').map(({ to }) => to)).to.deep.equal([
      { protocol: 'udp', address: '10.43.0.10', port: 53 },
      { protocol: 'tcp', address: '169.254.169.254', port: 80 },
    ]);
    expect(recorder.received).to.equal(5);
  });

  it('does not fold questions of different sockets', () => {
    const { log, recorder } = record([
      lookup('0.0.0.0/40001', '10.43.0.10/53', { proto: 17, err: 0 }),
      lookup('0.0.0.0/40002', '10.43.0.10/53', { proto: 17, err: 0 }),
      lookup('0.0.0.0/40002', '10.43.0.10/53', { proto: 17, err: 0 }),
      ...['0.0.0.0/0', '10.42.0.3/0', '10.42.0.3/40003'].map((from) =>
        lookup(from, '10.43.0.10/53', { err: 0 }),
      ),
      ...['0.0.0.0/0', '10.42.0.3/0', '10.42.0.3/40004'].map((from) =>
        lookup(from, '10.43.0.10/53', { err: 0 }),
      ),
    ]);
    recorder.writeBefore(Number.POSITIVE_INFINITY);
    expect(log.of('sighting').map(({ from, count }) => [from.port, count])).to.deep.equal([
      [40001, 1],
      [40002, 2],
      [40003, 1],
      [40004, 1],
    ]);
  });

  it('skips what an interrupt looked up in the name of whoever ran', () => {
    const { log, recorder } = record([lookup('10.42.0.3/1', '203.0.113.9/80', { flags: 'b.s2.' })]);
    recorder.writeBefore(Number.POSITIVE_INFINITY);
    expect(log.of('sighting')).to.deep.equal([]);
  });

  it('names ICMP, and protocols that have no name by their number', () => {
    const { log, recorder } = record([
      lookup('0.0.0.0/0', '203.0.113.9/0', { proto: 1 }),
      lookup('::/0', '2001:db8::9/0', { proto: 58 }),
      lookup('0.0.0.0/0', '203.0.113.9/0', { proto: 132 }),
    ]);
    recorder.writeBefore(Number.POSITIVE_INFINITY);
    expect(log.of('sighting').map(({ to }) => to)).to.deep.equal([
      { protocol: 'icmp', address: '203.0.113.9' },
      { protocol: 'icmpv6', address: '2001:db8::9' },
      { protocol: 'other', protocolNumber: 132, address: '203.0.113.9' },
    ]);
  });

  it('gives the look-up of an io_uring thread to the task that it works for, and drops those of strangers', () => {
    const { log, recorder } = record(
      [
        lookup('0.0.0.0/0', '203.0.113.1/80', { comm: '<...>', tid: 900 }),
        newtask(901, IO_THREAD, { comm: 'iou-wrk-100', tid: 900 }),
        lookup('0.0.0.0/0', '203.0.113.2/80', { comm: 'iou-wrk-100', tid: 901 }),
        lookup('0.0.0.0/0', '203.0.113.3/80', { comm: 'iou-sqp-777', tid: 902 }),
        lookup('0.0.0.0/0', '203.0.113.4/80', { comm: 'iou-named-so', tid: 903 }),
      ],
      'io-uring',
    );
    recorder.writeBefore(2_000_000_000);
    const node = [newtask(900, IO_THREAD), newtask(903, THREAD)].join('\n');
    recorder.push('node', Buffer.from(`${node}\n`));
    recorder.writeBefore(3_000_000_000);
    expect(log.of('sighting').map(({ to, task }) => [to.address, task])).to.deep.equal([
      ['203.0.113.1', 'n1:100:1000000000'],
      ['203.0.113.2', 'n1:100:1000000000'],
    ]);
  });

  it('writes an attempt no sooner than a marker has come back for it: the next look-up may tell its port', () => {
    const { log, recorder } = record([lookup('0.0.0.0/0', '10.43.0.10/53', { time: '2.500000', err: 0 })]);
    expect(recorder.isDue(2_500_000_000)).to.equal(false);
    recorder.writeBefore(2_500_000_000);
    expect(log.of('sighting')).to.deep.equal([]);
    recorder.push(
      'node',
      Buffer.from(`${lookup('10.42.0.3/40001', '10.43.0.10/53', { time: '2.600000', err: 0 })}\n`),
    );
    expect(recorder.isDue(2_500_000_001)).to.equal(true);
    recorder.writeBefore(2_500_000_001);
    expect(log.of('sighting').map(({ from }) => from.port)).to.deep.equal([40001]);
  });

  it('waits for a fork that is read after the child has called out', () => {
    const { log, recorder } = record([
      lookup('0.0.0.0/0', '203.0.113.9/80', { tid: 101 }),
      newtask(101, '1200011', { time: '1.999999' }),
    ]);
    recorder.writeBefore(Number.POSITIVE_INFINITY);
    expect(log.of('sighting')[0]?.task).to.equal('n1:100:1000000000');
  });

  it('names a task whose fork it never saw by its thread', () => {
    const { log, recorder } = record([lookup('0.0.0.0/0', '203.0.113.9/80', { comm: 'my app', tid: 555 })]);
    recorder.writeBefore(Number.POSITIVE_INFINITY);
    expect(log.of('task')).to.deep.include.members([
      { v: 1, seq: 1, at: 2_000_001_000, node: 'n1', type: 'task', key: 'n1:555:2000001000', exe: 'my app' },
    ]);
  });

  it('counts what it lost and what it could not read, and hears markers', () => {
    const { recorder, markers } = record([
      'CPU:1 [LOST 12 EVENTS]',
      'nonsense',
      '',
      line('tracing_mark_write: airgap 1'),
      lookup('0.0.0.0/0', '203.0.113.9/80'),
    ]);
    expect(recorder.lost).to.deep.equal({ unreadable: 1, overwritten: 12 });
    expect(recorder.received).to.equal(1);
    expect(markers).to.deep.equal(['airgap 1']);
  });

  it('writes the same however the stream is cut into chunks', () => {
    const lines = [
      line('sched_process_exec: filename=/usr/bin/cürl pid=100 old_pid=100'),
      ...['0.0.0.0/0', '10.42.0.3/0', '10.42.0.3/49580'].map((from) =>
        lookup(from, '203.0.113.9/80', { err: 0 }),
      ),
      lookup('::/51442', '2001:db8::9/123', { proto: 17 }),
      'CPU:0 [LOST 3 EVENTS]',
    ].map((text) => Buffer.from(text, 'utf8').toString('latin1'));
    const whole = record(lines);
    whole.recorder.writeBefore(Number.POSITIVE_INFINITY);
    const size = lines.join('\n').length + 1;
    fc.assert(
      fc.property(fc.array(fc.nat(size), { maxLength: 8 }), (cuts) => {
        const parts = record(
          lines,
          'node',
          cuts.toSorted((a, b) => a - b),
        );
        parts.recorder.writeBefore(Number.POSITIVE_INFINITY);
        expect(parts.log.events).to.deep.equal(whole.log.events);
        expect(parts.recorder.lost).to.deep.equal(whole.recorder.lost);
      }),
      { numRuns: 60 },
    );
  });
});
