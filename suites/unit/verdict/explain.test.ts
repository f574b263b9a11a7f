// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { EMPTY_GATE } from '../../../harness/core/gate.ts';
import { explain } from '../../../harness/verdict/explain.ts';
import { LogBuilder, RUN } from './log-builder.ts';

const TO = { protocol: 'tcp', address: '203.0.113.9', port: 443 } as const;
const from = { address: '10.99.0.1', port: 4003 };

function plain(exe = '/usr/bin/agent'): LogBuilder {
  return new LogBuilder().task('n1:1:1', exe).saw('routes', 20, TO, { task: 'n1:1:1', from });
}

function trapped(exe?: string): LogBuilder {
  return plain(exe).saw('sink', 20, { ...TO, sni: 'things.example' }, { from });
}

describe('a run explained by a second one in a trap', () => {
  it('gets names and paths for the attempts that both saw, with evidence; ids and verdict stay', () => {
    const first = plain().report();
    const [explanation, ...more] = explain(first, trapped().report(), 'explain');
    if (explanation === undefined) throw new Error('nothing was explained');
    expect(more).to.deep.equal([]);
    expect(explanation).to.deep.include({ name: 'things.example', sni: 'things.example', path: null });
    const again = plain().add(91, explanation).report();
    expect(again.attempts.map(({ id }) => id)).to.deep.equal(first.attempts.map(({ id }) => id));
    expect(again.verdict).to.equal(first.verdict);
    expect(again.attempts[0]?.destination).to.deep.equal({
      address: '203.0.113.9',
      port: 443,
      name: 'things.example',
      sni: 'things.example',
      path: null,
    });
    expect(again.attempts[0]?.evidence.at(-1)?.text).to.include('in profile trap (explain)');
    expect(again.attempts[0]?.class).to.equal(first.attempts[0]?.class);
  });

  it('an exception for a name that only the second run heard accepts nothing of the first', () => {
    const accepted = {
      scope: { destination: 'things.example' },
      reason: 'known',
      owner: 'jo',
      expires: '2030-01-01',
    };
    const gate = { ...EMPTY_GATE, exceptions: [accepted] };
    const [explanation] = explain(plain().report(), trapped().report(), 'explain');
    if (explanation === undefined) throw new Error('nothing was explained');
    const log = new LogBuilder({ gate })
      .task('n1:1:1', '/usr/bin/agent')
      .saw('routes', 20, TO, { task: 'n1:1:1', from });
    const { attempts, verdict } = log.add(91, explanation).report();
    expect([verdict, attempts[0]?.destination.name, attempts[0]?.accepted]).to.deep.equal([
      'not-ready',
      'things.example',
      null,
    ]);
  });

  it('nothing is taken from another program, nor from an attempt that the first run did not see', () => {
    expect(explain(plain().report(), trapped('/usr/bin/other').report(), 'explain')).to.deep.equal([]);
    expect(explain(new LogBuilder(RUN).report(), trapped().report(), 'explain')).to.deep.equal([]);
    expect(explain(plain().report(), plain().report(), 'explain')).to.deep.equal([]);
  });

  it('what was heard makes class and remedy more exact, and leaves what was accepted accepted', () => {
    const heard = plain()
      .saw('sink', 20, { ...TO, sni: 'update.traefik.io' }, { from })
      .report();
    const [explanation] = explain(plain().report(), heard, 'explain');
    if (explanation === undefined) throw new Error('nothing was explained');
    const [attempt] = plain().add(91, explanation).attempts();
    expect([attempt?.class, attempt?.what]).to.deep.equal(['version-check', 'Traefik’s version check']);
    expect(attempt?.remedy).to.contain('checkNewVersion');
    const rest = { reason: 'known', owner: 'jo', expires: '2030-01-01' };
    const gate = { ...EMPTY_GATE, exceptions: [{ scope: { class: 'http-by-address' }, ...rest }] };
    const [accepted] = new LogBuilder({ gate })
      .task('n1:1:1', '/usr/bin/agent')
      .saw('routes', 20, TO, { task: 'n1:1:1', from })
      .add(91, explanation)
      .attempts();
    expect([accepted?.class, accepted?.accepted?.reason]).to.deep.equal(['version-check', 'known']);
  });
});
