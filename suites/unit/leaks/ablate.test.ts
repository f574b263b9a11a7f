// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { buildReport } from '../../../harness/verdict/build-report.ts';
import { ABLATIONS, without } from '../../leaks/ablate.ts';
import { carriers, linesOf } from '../../leaks/print.ts';
import { score } from '../../leaks/score.ts';
import type { Judged } from '../../leaks/run.ts';
import type { Expected } from '../../leaks/types.ts';
import { LogBuilder } from '../verdict/log-builder.ts';

const AT = { protocol: 'tcp', address: '203.0.113.9', port: 4711 } as const;

/** A pod's connection, seen by its routing look-up and, without a process, at the bridge. */
const log = new LogBuilder()
  .pod('web', '10.42.0.5')
  .task('n:1:0', '/web', { podUid: 'uid-web' })
  .saw('routes', 3, AT, { task: 'n:1:0' })
  .saw('cni', 3, AT, { from: { address: '10.42.0.5', port: 40_000 } });

const planted: Expected = {
  caseId: 'tcp',
  reach: { ...AT, name: null, class: 'unknown-address' },
  source: {
    namespace: 'shop',
    owner: 'Deployment/web',
    pod: '^shop/web-0$',
    container: 'app',
    image: 'registry.example/web:1',
    exe: '^/web$',
  },
  optional: false,
};

function judged(): Judged {
  const of = (names: readonly string[]): Judged['score'] => {
    const events = without(
      log.events,
      names.flatMap((name) => ABLATIONS[name] ?? []),
    );
    return score([planted], buildReport(events, { renderedAt: '' }).attempts);
  };
  const ablations = new Map(Object.keys(ABLATIONS).map((name) => [name, of([name])]));
  return { score: of([]), ablations, shown: [], unseen: [], unproven: [] };
}

describe('leaving observers out of a log', () => {
  it('leaves out all that they saw and nothing else', () => {
    const left = (name: string): string[] =>
      without(log.events, ABLATIONS[name] ?? []).map((event) =>
        event.type === 'sighting' ? event.observer : event.type,
      );
    expect(left('routes')).to.deep.equal(['run', 'pod', 'container', 'cni']);
    expect(left('capture')).to.deep.equal(['run', 'pod', 'container', 'task', 'routes']);
    expect(left('pods')).to.deep.equal(['run', 'container', 'task', 'routes', 'cni']);
  });

  it('tells what carries a case: its process the routes, its owner the pods', () => {
    const result = judged();
    expect(result.score.wrong).to.deep.equal([]);
    expect(result.ablations.get('routes')?.wrong.map(({ field }) => field)).to.deep.equal(['process']);
    expect(carriers(result).get('tcp')).to.deep.equal(['routes', 'pods']);
  });

  it('is said in words, with the cases that never fail', () => {
    const run = {
      seed: 7,
      profile: 'no-route',
      skipped: ['SCTP: protocol not supported'],
      quiet: 3,
      expected: [planted],
      secrets: [],
      out: '',
    };
    const result = judged();
    const all = [...linesOf(run, result)].join('\n');
    expect(all).to.match(/1 leaks with 1 destinations, 3 quiet workloads/);
    expect(all).to.match(/SKIPPED SCTP/);
    expect(all).to.match(/nothing +100\.0 % +0 +100\.0 %/);
    expect(all).to.match(/Each case fails with some observer left out/);
    const blind = { ...result, ablations: new Map([['dns', result.score]]) };
    expect([...linesOf(run, blind)].at(-1)).to.equal(
      'NEVER SEEN TO FAIL, whichever observer is left out: tcp',
    );
  });
});
