// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import type { Event, EventOf } from '../../../harness/core/events.ts';
import type { Report } from '../../../harness/core/report.ts';
import { buildReport } from '../../../harness/verdict/build-report.ts';
import { LogBuilder, RENDERED_AT, RUN, S } from './log-builder.ts';

const LEAK = { protocol: 'tcp', address: '198.51.100.7', port: 443 } as const;

type Verdict = Pick<Report, 'verdict'> & { readonly kinds: string[]; readonly messages: string };

function verdictOf(events: readonly Event[]): Verdict {
  const { verdict, reasons } = buildReport(events, { renderedAt: RENDERED_AT });
  return {
    verdict,
    kinds: [...new Set(reasons.map(({ kind }) => kind))],
    messages: reasons.map(({ message }) => message).join('\n'),
  };
}

function complete(run: Partial<EventOf<'run'>> = {}): LogBuilder {
  return new LogBuilder(run).complete();
}

function check(id: string, result: EventOf<'check'>['result'], required = true): EventOf<'check'> {
  return {
    v: 1,
    seq: 900,
    at: 60 * S,
    type: 'check',
    id,
    title: `Check ${id}`,
    required,
    result,
    message: `says ${result}`,
    startedAt: 55 * S,
    evidence: [{ file: `evidence/${id}.txt` }],
  };
}

const finding = (severity: EventOf<'finding'>['severity']): EventOf<'finding'> => ({
  v: 1,
  seq: 901,
  at: 0,
  type: 'finding',
  id: 'f1',
  rule: 'remote-ref',
  severity,
  message: 'a schema fetches a remote $ref',
  location: 'charts/x/values.schema.json:3',
  remedy: 'inline it',
});

describe('the verdict', () => {
  it('is ready when everything was proven and nothing was seen', () => {
    const report = complete().report();
    expect(report.verdict).to.equal('ready');
    expect(report.reasons).to.deep.equal([
      {
        kind: 'ready',
        message:
          'No attempt to reach anything outside in 4 phases; 1 of 1 checks passed; all 2 canaries were seen and none got out',
        ref: null,
      },
    ]);
  });

  it('is not changed by a required check that has nothing to ask, nor is such a check counted', () => {
    const moot = { ...check('ingresses', 'skipped'), moot: true } as const;
    const report = buildReport([...complete().events, moot], { renderedAt: RENDERED_AT });
    expect(report.verdict).to.equal('ready');
    expect(report.checks.find(({ id }) => id === 'ingresses')?.result).to.equal('not-applicable');
    expect(report.reasons[0]?.message).to.contain('; 1 of 1 checks passed;');
    const asked = [...complete().events, moot, check('ingresses', 'pass')];
    expect(
      buildReport(asked, { renderedAt: RENDERED_AT }).checks.find(({ id }) => id === 'ingresses')?.result,
    ).to.equal('pass');
    expect(verdictOf([...complete().events, check('ingresses', 'skipped')]).verdict).to.equal('inconclusive');
  });

  const proven: readonly [string, () => readonly Event[], string][] = [
    ['a leak', () => complete().saw('routes', 30, LEAK).events, 'attempt'],
    ['a failed required check', () => [...complete().events, check('cluster-dns', 'fail')], 'check'],
    ['a blocker finding', () => [...complete().events, finding('blocker')], 'finding'],
  ];
  for (const [title, log, kind] of proven) {
    it(`is not-ready by ${title}, also when part of the run is unproven`, () => {
      expect(verdictOf(log())).to.include({ verdict: 'not-ready' });
      expect(verdictOf(log()).kinds).to.deep.equal([kind]);
      const withoutEnd = log().filter(({ type }) => type !== 'end');
      expect(verdictOf(withoutEnd)).to.include({ verdict: 'not-ready' });
      expect(verdictOf(withoutEnd).kinds).to.deep.equal([kind, 'fault']);
    });
  }

  it('says what went wrong twice once', () => {
    const log = complete();
    for (const at of [20, 30]) log.add(at, { type: 'fault', source: 'pods', message: 'the watch was lost' });
    const { reasons } = buildReport(log.events, { renderedAt: RENDERED_AT });
    expect(reasons.map(({ message }) => message)).to.deep.equal(['pods: the watch was lost']);
  });

  it('is ready in spite of a failed optional check, of warnings and of an observer that nobody required', () => {
    const log = complete().add(90, { type: 'health', observer: 'pods', received: 1, lost: 3 });
    expect(verdictOf([...log.events, check('extra', 'fail', false), finding('warning')]).verdict).to.equal(
      'ready',
    );
  });

  const without = (test: (event: Event) => boolean) => complete().events.filter((event) => !test(event));
  const unproven: readonly [string, () => readonly Event[], RegExp][] = [
    [
      'a canary missed',
      () => without((event) => event.type === 'sighting' && event.at > 80 * S),
      /known attempt was not seen \(tcp4 from node, end\) by: routes/,
    ],
    [
      'no canary at the end',
      () =>
        without(
          (event) =>
            (event.type === 'canary' && event.stage === 'end') ||
            (event.type === 'sighting' && event.at > 80 * S),
        ),
      /No canary was made at the end/,
    ],
    [
      'no canary at all',
      () => without(({ type }) => type === 'canary' || type === 'sighting'),
      /No canary was made at the start/,
    ],
    [
      'a packet at the witness',
      () => complete().saw('witness', 40, { protocol: 'udp', address: '2001:db8::9', port: 53 }).events,
      /The gap leaks: the witness behind it saw packets to \[2001:db8::9\]:53 \(udp\)/,
    ],
    [
      'lost events',
      () => complete().add(90, { type: 'health', observer: 'cni', received: 9, lost: 1 }).events,
      /Observer cni lost 1 event/,
    ],
    [
      'a loss that cannot be told',
      () => complete().add(90, { type: 'health', observer: 'cni', received: 9, lost: 'unknown' }).events,
      /Observer cni cannot tell how much it lost/,
    ],
    [
      'an observer without a word',
      () => without((event) => event.type === 'health' && event.observer === 'link'),
      /Observer link never reported/,
    ],
    [
      'an observer that died',
      () => complete().add(40, { type: 'fault', source: 'routes', message: 'cat ended by SIGKILL' }).events,
      /routes: cat ended by SIGKILL/,
    ],
    [
      'a check that errored',
      () => [...complete().events, check('x', 'error')],
      /could not be asked: Check x: says error/,
    ],
    ['a check that was skipped', () => [...complete().events, check('x', 'skipped')], /was skipped: Check x/],
    [
      'a check that was planned and not run',
      () => without(({ type }) => type === 'check'),
      /was not run: The node is Ready/,
    ],
    [
      'checks that were not run, by their number where they are many',
      () => complete({ gate: { ...RUN.gate, requiredChecks: ['a', 'b', 'c', 'd'] } }).events,
      /^4 required checks were not run, the first: a/,
    ],
    [
      'a check that only the gate knows',
      () => complete({ gate: { ...RUN.gate, requiredChecks: ['exotic'] } }).events,
      /was not run: exotic: the gate requires it, but this run has no such check/,
    ],
    [
      'a phase that was not run',
      () => complete({ phases: [...RUN.phases, 'restart'] }).events,
      /Phase restart was not run/,
    ],
    [
      'a phase that did not finish',
      () => without((event) => event.type === 'phase' && event.phase === 'settle' && event.edge === 'end'),
      /Phase settle did not finish/,
    ],
    ['a filtered run', () => complete({ filtered: true }).events, /left out/],
    [
      'an injected fault',
      () => complete({ faults: ['forwarding'] }).events,
      /injected on purpose: forwarding/,
    ],
    [
      'no checks',
      () => complete({ checks: [] }).events.filter(({ type }) => type !== 'check'),
      /No check was planned/,
    ],
    [
      'no check that passed',
      () => [
        ...complete({ checks: [] }).events.filter(({ type }) => type !== 'check'),
        check('x', 'skipped', false),
      ],
      /No check passed/,
    ],
    ['no observers', () => complete({ observers: [] }).events, /No observer was required/],
    ['a log without an end', () => without(({ type }) => type === 'end'), /The log has no end/],
    [
      'an interruption',
      () => [
        ...without(({ type }) => type === 'end'),
        { v: 1, seq: 99, at: 91 * S, type: 'end', outcome: 'interrupted', message: 'SIGINT' },
      ],
      /The run was interrupted: SIGINT/,
    ],
    [
      'nothing but its beginning',
      () => [RUN],
      /The log has no end.*not done: prove, install, settle, teardown; 1 required check not run/,
    ],
  ];
  for (const [title, log, message] of unproven) {
    it(`is inconclusive by ${title}`, () => {
      const { verdict, messages } = verdictOf(log());
      expect(messages).to.match(message);
      expect(verdict).to.equal('inconclusive');
    });
  }

  it('tells a run that stopped early in one reason', () => {
    const log = new LogBuilder()
      .phase('prove', 1, 2)
      .add(2, { type: 'end', outcome: 'aborted', message: 'K3s exited with 1' });
    expect(log.report().reasons).to.deep.equal([
      {
        kind: 'fault',
        message:
          'The run was aborted: K3s exited with 1; not done: install, settle, teardown; 1 required check not run',
        ref: null,
      },
    ]);
  });

  it('takes the worse answer of a check that ran twice', () => {
    const { checks } = buildReport([...complete().events, check('x', 'fail'), check('x', 'pass')], {
      renderedAt: RENDERED_AT,
    });
    expect(checks.find(({ id }) => id === 'x')?.result).to.equal('fail');
  });

  it('names with a failed check the attempts of its time, and no others', () => {
    const provided = { name: 'api', hosts: [], cidrs: ['192.0.2.0/24'], ports: [], description: null };
    const log = complete({ gate: { ...RUN.gate, internal: [provided] } })
      .saw('routes', 57, LEAK)
      .saw('routes', 57, { ...LEAK, address: '192.0.2.9' })
      .saw('routes', 70, { ...LEAK, port: 80 });
    const report = buildReport([...log.events, check('x', 'fail')], { renderedAt: RENDERED_AT });
    const during = report.attempts.find(({ destination }) => destination.port === 443)?.id;
    expect(report.checks.find(({ id }) => id === 'x')).to.deep.equal({
      id: 'x',
      title: 'Check x',
      required: true,
      result: 'fail',
      message: 'says fail',
      durationMs: 5000,
      attempts: [during],
      evidence: [{ observer: null, file: 'evidence/x.txt', record: null, text: null }],
    });
  });

  it('a gap that was opened during the run is a fault, and names what is open', () => {
    const what = 'the node has no IPv4 default route';
    const fact = { id: 'node-default-route-ipv4', what, found: 'default via 10.99.0.9 dev eth1' };
    const facts = [{ ...fact, result: 'fail' as const }];
    const { verdict, kinds, messages } = verdictOf(
      complete().add(59, { type: 'isolation', stage: 'end', facts }).events,
    );
    expect([verdict, kinds]).to.deep.equal(['inconclusive', ['fault']]);
    expect(messages).to.include('The gap was not closed (end)').and.include('default via 10.99.0.9 dev eth1');
  });
});

describe('a log that is none', () => {
  it('is refused when it is empty, when its beginning is missing, or when two were mixed', () => {
    const build = (events: readonly Event[]) => () => buildReport(events, { renderedAt: RENDERED_AT });
    expect(build([])).to.throw(/The log is empty/);
    expect(build(complete().events.slice(1))).to.throw(/begins with a phase event instead of run/);
    expect(build([RUN, { ...RUN, id: 'run-2', seq: 2 }])).to.throw(/run run-1 begins another run, run-2/);
  });
});
