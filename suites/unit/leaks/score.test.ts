// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import type { Attempt } from '../../../harness/core/report.ts';
import { failedCases, score } from '../../leaks/score.ts';
import type { Expected } from '../../leaks/types.ts';

const planted: Expected = {
  caseId: 'tcp',
  reach: { protocol: 'tcp', address: '192.0.2.9', name: null, port: 4711, class: 'unknown-address' },
  source: {
    namespace: 'shop',
    owner: 'Job/web',
    pod: '^shop/web-[a-z0-9]+$',
    container: 'main',
    image: 'a.example/b:1',
    exe: '^/bin/leak$',
  },
  optional: false,
};

function attempt(source: Partial<Attempt['source']> = {}, more: Partial<Attempt> = {}): Attempt {
  return {
    id: '0',
    phases: {},
    first: 0,
    last: 0,
    count: 1,
    protocol: 'tcp',
    destination: { address: '192.0.2.9', port: 4711, name: null, sni: null, path: null },
    source: {
      node: 'n1',
      pod: 'web-x1',
      pods: ['shop/web-x1'],
      namespace: 'shop',
      owner: 'Job/web',
      container: 'main',
      image: 'a.example/b:1',
      item: null,
      process: { exe: '/bin/leak', argv: null, ancestors: [] },
      ...source,
    },
    confidence: { process: 'observed', pod: 'observed', image: 'observed', item: 'unknown' },
    class: 'unknown-address',
    classifiedBy: 'harness',
    what: null,
    asked: [],
    askedCount: 0,
    accepted: null,
    remedy: '',
    evidence: [],
    ...more,
  };
}

describe('the score of the leak corpus', () => {
  it('counts what is found and right', () => {
    const result = score([planted], [attempt()]);
    expect(result.found).to.equal(1);
    expect([result.missed, result.wrong, result.falseAlarms]).to.deep.equal([[], [], []]);
    expect(result.fields.pod).to.deep.equal({ right: 1, of: 1 });
    expect(failedCases(result)).to.deep.equal(new Set());
  });

  it('counts what is missed: nothing there, another port, another protocol', () => {
    const otherPort = attempt({}, { destination: { ...attempt().destination, port: 4712 } });
    for (const attempts of [[], [otherPort], [attempt({}, { protocol: 'udp' })]]) {
      const result = score([planted], attempts);
      expect(result.missed).to.deep.equal([{ caseId: 'tcp', destination: 'tcp 192.0.2.9:4711' }]);
      expect(result.falseAlarms).to.have.length(attempts.length);
      expect(failedCases(result)).to.deep.equal(new Set(['tcp']));
    }
  });

  it('counts a false alarm for what nobody planted, and for a planted destination with a second culprit', () => {
    const again = attempt({ owner: null, namespace: null, pods: [], container: null });
    const result = score([planted], [again, attempt()]);
    expect(result.found).to.equal(1);
    expect(result.wrong).to.deep.equal([]);
    expect(result.falseAlarms).to.deep.equal(['tcp 192.0.2.9:4711 by -/-/- (/bin/leak), unknown-address']);
  });

  it('tells each field that is wrong', () => {
    const wrong: [string, Attempt][] = [
      ['pod', attempt({ pods: ['shop/other-x1'] })],
      ['owner', attempt({ owner: 'Job/other' })],
      ['container', attempt({ container: null })],
      ['image', attempt({ image: 'a.example/b:2' })],
      ['process', attempt({ process: { exe: '/bin/other', argv: null, ancestors: [] } })],
      ['class', attempt({}, { class: 'ntp' })],
    ];
    for (const [field, one] of wrong)
      expect(score([planted], [one]).wrong.map((fault) => fault.field)).to.deep.equal([field]);
  });

  it('takes null for "must not be known": a guess is wrong', () => {
    const unknown = { namespace: null, owner: null, pod: null, container: null, image: null, exe: null };
    const result = score([{ ...planted, source: unknown }], [attempt()]);
    expect(result.wrong.map(({ field }) => field)).to.deep.equal([
      'pod',
      'owner',
      'container',
      'image',
      'process',
    ]);
  });

  it('wants a candidate named where nobody is known', () => {
    const source = { ...planted.source, namespace: null, owner: null, candidate: 'shop/Job/web' };
    const unknown = { namespace: null, owner: null };
    const named = attempt(unknown, { remedy: 'It can be of: shop/Job/web, a process of the node itself.' });
    expect(score([{ ...planted, source }], [named]).wrong).to.deep.equal([]);
    expect(score([{ ...planted, source }], [attempt(unknown)]).wrong).to.deep.equal([
      { caseId: 'tcp', field: 'owner', expected: 'unknown, perhaps shop/Job/web', actual: null },
    ]);
  });

  it('neither wants nor blames what is optional', () => {
    const optional = { ...planted, optional: true };
    for (const attempts of [[], [attempt()]]) {
      const result = score([optional], attempts);
      expect([result.wanted, result.missed, result.falseAlarms]).to.deep.equal([0, [], []]);
    }
  });
});
