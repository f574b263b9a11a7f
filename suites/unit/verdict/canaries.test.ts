// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { CANARY_PLACES, type EventBody, type ObserverId } from '../../../harness/core/events.ts';
import { type PlannedCanary, planCanaries } from '../../../harness/observe/canary/plan.ts';
import { LogBuilder } from './log-builder.ts';

const LINK = { sink4: '10.99.0.2/24', sink6: 'fd99::2/64' };
const REFUSED = { answer: 'permission denied', unavailable: true } as const;

/** Plans them and has every observer see what it must, but those that are off. */
function run(plan: readonly PlannedCanary[], off: readonly ObserverId[] = []): LogBuilder {
  const log = new LogBuilder().complete();
  for (const { gateway: _, ...canary } of plan) {
    log.add(1.6, { type: 'canary', ...canary });
    for (const observer of canary.expect.filter((id) => !off.includes(id)))
      log.saw(observer, 1.7, seenAs(observer, canary.to));
  }
  return log;
}

/** As that observer sees it: a look-up knows no port of an own header, a packet is the datagram that it is. */
function seenAs(observer: ObserverId, to: PlannedCanary['to']): PlannedCanary['to'] {
  if (to.protocolNumber !== 255) return to;
  const { port, protocolNumber, ...place } = to;
  return observer === 'routes'
    ? { ...place, protocolNumber }
    : { ...place, protocol: 'udp', ...(port === undefined ? {} : { port }) };
}

/** No questions: which look-up is whose takes more than its destination (questions.test.ts). */
function planOf(place: (typeof CANARY_PLACES)[number]): PlannedCanary[] {
  return planCanaries({ place, stage: 'restart-1', link: LINK, profile: 'trap' }).filter(
    ({ kind }) => !kind.startsWith('dns-'),
  );
}

function answer(
  id: string,
  said: Omit<Extract<EventBody, { type: 'canary-answer' }>, 'type' | 'id'>,
): EventBody {
  return { type: 'canary-answer', id, ...said };
}

describe('the judgement of canaries', () => {
  for (const place of CANARY_PLACES) {
    const plan = planOf(place);
    it(`passes every kind from a ${place} when each was seen, and takes none for an attempt`, () => {
      const { verdict, canaries, attempts } = run(plan).report();
      expect(attempts).to.deep.equal([]);
      expect(canaries.filter(({ result }) => result !== 'pass')).to.deep.equal([]);
      expect(verdict).to.equal('ready');
    });

    for (const off of new Set(plan.flatMap(({ expect: by }) => by))) {
      it(`misses exactly the kinds from a ${place} that ${off} carries when it is off`, () => {
        const { verdict, canaries, reasons } = run(plan, [off]).report();
        const carried = plan.filter(({ expect: by }) => by.includes(off)).map(({ id }) => id);
        expect(canaries.filter(({ result }) => result === 'fail').map(({ id }) => id)).to.deep.equal(carried);
        expect(verdict).to.equal('inconclusive');
        expect(reasons.map(({ ref }) => ref)).to.deep.equal(carried);
        for (const { message } of reasons) expect(message).to.contain('restart-1) by: ').and.contain(off);
      });
    }
  }

  it('calls a kind that the kernel refused unavailable: told in the reason and as a limit, and no fault of the run', () => {
    const plan = planOf('node');
    const ping = plan.filter(({ kind }) => kind.startsWith('ping'));
    const log = run(plan.filter((canary) => !ping.includes(canary)));
    for (const { gateway: _, ...canary } of ping)
      log.add(1.6, { type: 'canary', ...canary }).add(1.7, answer(canary.id, REFUSED));
    const { verdict, canaries, reasons, limits } = log.report();
    expect(canaries.filter(({ result }) => result === 'unavailable').map(({ kind }) => kind)).to.deep.equal([
      'ping4',
      'ping6',
    ]);
    expect(verdict).to.equal('ready');
    const words = 'ping4, ping6 from node (permission denied)';
    expect(reasons[0]?.message).to.contain(`none got out; not available here: ${words}`);
    expect(limits.find(({ id }) => id === 'canaries-unavailable')?.message).to.contain(words);
  });

  it('takes no refusal of a kind that every kernel has', () => {
    const [plain] = planOf('node').filter(({ kind }) => kind === 'udp-sendto4');
    if (plain === undefined) throw new Error('not planned');
    const { gateway: _, ...canary } = plain;
    const log = new LogBuilder().complete().add(1.6, { type: 'canary', ...canary });
    const { canaries, verdict } = log.add(1.7, answer(canary.id, REFUSED)).report();
    expect([canaries.at(-1)?.result, verdict]).to.deep.equal(['fail', 'inconclusive']);
  });

  it('nor one of what was seen after all', () => {
    const [ping] = planOf('node').filter(({ kind }) => kind === 'ping4');
    if (ping === undefined) throw new Error('not planned');
    const log = run([ping], ['link']).add(1.8, answer(ping.id, REFUSED));
    expect(log.report().canaries.at(-1)?.result).to.equal('fail');
  });

  it('takes the look-up of an own header for that of no other protocol without ports', () => {
    const [header] = planOf('node').filter(({ kind }) => kind === 'header4');
    if (header === undefined) throw new Error('not planned');
    const { gateway: _, ...canary } = header;
    const { address = '' } = canary.to;
    const log = new LogBuilder().complete().add(1.6, { type: 'canary', ...canary });
    log.saw('link', 1.7, seenAs('link', canary.to));
    log.saw('routes', 1.7, { protocol: 'other', protocolNumber: 47, address });
    const { canaries, attempts } = log.report();
    expect(canaries.at(-1)).to.deep.include({ result: 'fail', seen: ['link'] });
    expect(attempts.map(({ protocol }) => protocol)).to.deep.equal(['gre']);
  });

  it('is not satisfied with a stage at which none could be made', () => {
    const { events } = new LogBuilder().complete();
    const log = new LogBuilder();
    log.events.splice(0);
    for (const event of events) {
      if (event.type === 'sighting' && event.at > 80e9) continue;
      log.events.push(
        event.type === 'canary' && event.stage === 'end' ? { ...event, optional: true } : event,
      );
    }
    log.events.splice(-1, 0, {
      v: 1,
      seq: 800,
      at: 89e9,
      ...answer('end-tcp4', REFUSED),
    } as (typeof events)[number]);
    const { verdict, reasons } = log.report();
    expect(verdict).to.equal('inconclusive');
    expect(reasons[0]?.message).to.contain('No canary was made at the end');
  });
});
