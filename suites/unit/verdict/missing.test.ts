// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import type { EventOf, ObserverId } from '../../../harness/core/events.ts';
import { LogBuilder, RUN } from './log-builder.ts';

/** A run without the trace of routing, complete but for what is planted. */
function without(observer: ObserverId, more: Partial<EventOf<'run'>> = {}): LogBuilder {
  return new LogBuilder({
    observers: RUN.observers.filter((id) => id !== observer),
    missing: [{ observer, reason: 'routing-tracepoints: tracefs is not mounted' }],
    ...more,
  });
}

function canary(log: LogBuilder, id: string, by: readonly ObserverId[]): LogBuilder {
  const to = { protocol: 'udp', address: '203.0.113.9', port: 4444 } as const;
  return log.add(1.6, { type: 'canary', id, place: 'node', kind: 'udp4', stage: 'start', to, expect: by });
}

describe('a run without an observer', () => {
  it('is inconclusive, not faulty, where a known attempt could be seen by nobody', () => {
    const report = canary(without('routes').complete(), 'start-node-udp4', []).report();
    expect(report.verdict).to.equal('inconclusive');
    expect(report.canaries.find(({ id }) => id === 'start-node-udp4')?.result).to.equal('unseeable');
    expect(report.reasons).to.deep.equal([
      {
        kind: 'unproven',
        message:
          'Without routes nobody can see some attempts in this profile, so it is not known that there were none: udp4 from node (routing-tracepoints: tracefs is not mounted)',
        ref: null,
      },
    ]);
  });

  it('is not-ready for what the others saw', () => {
    const log = canary(without('routes').complete(), 'start-node-udp4', []).pod('web', '10.42.0.5');
    const from = { address: '10.42.0.5', port: 40_000 };
    log.saw('cni', 5, { protocol: 'tcp', address: '198.51.100.7', port: 443 }, { from });
    const { verdict, attempts } = log.report();
    expect(verdict).to.equal('not-ready');
    expect([attempts[0]?.source.owner, attempts[0]?.source.process.exe, attempts[0]?.class]).to.deep.equal([
      'Deployment/web',
      null,
      'http-by-address', // not a raw frame: nobody looked for its look-up
    ]);
  });

  it('is ready where the others could see all of what was tried', () => {
    expect(without('routes').complete().report().verdict).to.equal('ready');
  });

  it('says what was lost: a limit, the observer as missing, in the first place', () => {
    const { limits, observers } = without('routes').complete().report();
    expect(limits[0]?.id).to.equal('without-routes');
    expect(limits[0]?.message)
      .to.contain('No process is known')
      .and.contain('(routing-tracepoints: tracefs is not mounted)');
    expect(observers.find(({ id }) => id === 'routes')).to.deep.include({
      status: 'missing',
      required: false,
    });
  });

  it('is never ready when nobody watched behind the gap', () => {
    const report = without('witness').complete().report();
    expect(report.verdict).to.equal('inconclusive');
    expect(report.reasons[0]?.message).to.contain('Nobody watched behind the gap');
  });

  it('still fails where an observer that is there missed a canary', () => {
    const report = canary(without('routes').complete(), 'start-node-udp4', ['link']).report();
    expect([report.verdict, report.canaries.at(-1)?.result]).to.deep.equal(['inconclusive', 'fail']);
    expect(report.reasons[0]?.message).to.contain('A known attempt was not seen');
  });
});
