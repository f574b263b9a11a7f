// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import type { ExceptionScope, GateException, InternalDestination } from '../../../harness/core/gate.ts';
import type { Report } from '../../../harness/core/report.ts';
import { containerIdOf, LogBuilder, RUN } from './log-builder.ts';

/** A run of March 1, 2026 with one leak of Deployment/web: tcp 198.51.100.7:443, in install. */
function leak(
  exceptions: readonly GateException[],
  internal: readonly InternalDestination[] = [],
  at = 5,
): Report {
  return new LogBuilder({ gate: { ...RUN.gate, exceptions, internal } })
    .complete()
    .pod('web', '10.42.0.5')
    .task('n:1:0', '/bin/web', { container: containerIdOf('web') })
    .saw('routes', at, { protocol: 'tcp', address: '198.51.100.7', port: 443 }, { task: 'n:1:0' })
    .report();
}

function exception(scope: ExceptionScope, expires = '2026-03-31'): GateException {
  return { scope, reason: 'known', owner: 'ops@site.example', expires };
}

describe('exceptions of the gate', () => {
  for (const scope of [
    { destination: '198.51.100.7' },
    { destination: '198.51.100.7:443' },
    { destination: '198.51.*' },
    { image: 'registry.example/*' },
    { owner: 'Deployment/web' },
    { owner: 'shop/Deployment/*' },
    { class: 'http-by-address' },
    { phase: 'install' },
    { destination: '198.51.100.7', owner: 'Deployment/web', phase: 'install' },
  ]) {
    it(`accept what ${JSON.stringify(scope)} covers, and leave it in the report`, () => {
      const { verdict, attempts, exceptions } = leak([exception(scope)]);
      expect(verdict).to.equal('ready');
      expect(attempts.map(({ accepted }) => accepted)).to.deep.equal([
        { reason: 'known', owner: 'ops@site.example', expires: '2026-03-31' },
      ]);
      expect(exceptions[0]).to.deep.include({
        state: 'used',
        daysLeft: 30,
        attempts: attempts.map(({ id }) => id),
      });
    });
  }

  for (const scope of [
    { destination: '198.51.100.7:80' },
    { destination: '198.51.100.70' },
    { destination: '198x51.100.7' },
    { image: 'other/*' },
    { owner: 'Deployment/we' },
    { owner: 'blog/Deployment/web' },
    { class: 'ntp' },
    { phase: 'settle' },
    { destination: '198.51.100.7', owner: 'Deployment/api' },
    {},
  ]) {
    it(`do not accept what ${JSON.stringify(scope)} does not cover`, () => {
      const { verdict, attempts, exceptions } = leak([exception(scope)]);
      expect(verdict).to.equal('not-ready');
      expect([attempts[0]?.accepted, exceptions[0]?.state]).to.deep.equal([null, 'unused']);
    });
  }

  it('limited to a phase do not accept what goes on after it', () => {
    const log = new LogBuilder({
      gate: { ...RUN.gate, exceptions: [exception({ phase: 'install' })] },
    }).complete();
    for (const at of [5, 30]) log.saw('routes', at, { protocol: 'tcp', address: '198.51.100.7', port: 443 });
    expect(log.report().verdict).to.equal('not-ready');
  });

  it('are valid to the end of their day and expired the day after', () => {
    const scope = { destination: '198.51.100.7' };
    expect(leak([exception(scope, '2026-03-01')])).to.deep.include({ verdict: 'ready' });
    const late = leak([exception(scope, '2026-02-28')]);
    expect(late.verdict).to.equal('not-ready');
    expect(late.exceptions).to.deep.equal([
      {
        scope: 'destination 198.51.100.7',
        reason: 'known',
        owner: 'ops@site.example',
        expires: '2026-02-28',
        state: 'expired',
        daysLeft: -1,
        expiresSoon: false,
        attempts: [late.attempts[0]?.id],
        findings: [],
      },
    ]);
  });

  it('expire soon from 30 days before their end', () => {
    const soon = (expires: string): boolean | undefined =>
      leak([exception({ class: 'x' }, expires)]).exceptions[0]?.expiresSoon;
    expect(['2026-02-28', '2026-03-01', '2026-03-31', '2026-04-01'].map(soon)).to.deep.equal([
      false,
      true,
      true,
      false,
    ]);
  });

  const withBlocker = (scope: ExceptionScope, expires?: string): Report =>
    new LogBuilder({ gate: { ...RUN.gate, exceptions: [exception(scope, expires)] } })
      .complete()
      .add(0.5, {
        type: 'finding',
        id: 'moving-tag a.yaml',
        rule: 'moving-tag',
        severity: 'blocker',
        message: 'latest',
        location: 'a.yaml:3',
        remedy: 'pin it',
      })
      .report();

  for (const scope of [
    { finding: 'moving-tag' },
    { finding: 'moving-*', location: 'a.yaml*' },
    { location: 'a.yaml:3' },
  ]) {
    it(`accept the finding that ${JSON.stringify(scope)} covers, and leave it in the report`, () => {
      const { verdict, findings, exceptions } = withBlocker(scope);
      expect(verdict).to.equal('ready');
      expect(findings[0]).to.deep.include({
        severity: 'blocker',
        accepted: { reason: 'known', owner: 'ops@site.example', expires: '2026-03-31' },
      });
      expect(exceptions[0]).to.deep.include({ state: 'used', findings: ['moving-tag a.yaml:3'] });
    });
  }
  for (const [scope, expires] of [
    [{ finding: 'moving' }, '2026-03-31'],
    [{ finding: 'moving-tag', location: 'b.yaml' }, '2026-03-31'],
    [{ finding: 'moving-tag' }, '2026-02-28'],
    [{ destination: '*' }, '2026-03-31'],
  ] as const) {
    it(`do not accept the finding that ${JSON.stringify(scope)} until ${expires} does not cover`, () => {
      const { verdict, findings } = withBlocker(scope, expires);
      expect([verdict, findings[0]?.accepted]).to.deep.equal(['not-ready', null]);
    });
  }
  it('of findings accept no attempt', () => {
    expect(leak([exception({ finding: '*' })]).verdict).to.equal('not-ready');
  });

  it('for a host and port accept the question for that host, of which no port is known', () => {
    const log = new LogBuilder({
      gate: { ...RUN.gate, exceptions: [exception({ destination: 'up.example.com:443' })] },
    }).complete();
    const question = { type: 'A', transport: 'udp', id: 1 } as const;
    log.saw('dns', 5, { protocol: 'dns', name: 'up.example.com', address: '10.99.0.2', port: 53, question });
    expect(log.report().verdict).to.equal('ready');
  });

  it('read IPv6 destinations in any spelling, with port in brackets', () => {
    const log = new LogBuilder({
      gate: { ...RUN.gate, exceptions: [exception({ destination: '[2001:db8:0:0::7]:443' })] },
    }).complete();
    log.saw('routes', 5, { protocol: 'tcp', address: '2001:db8::7', port: 443 });
    expect(log.report().verdict).to.equal('ready');
  });
});

describe('destinations that the site provides', () => {
  const internal = (rest: Partial<InternalDestination>): InternalDestination => ({
    name: 'ntp',
    hosts: [],
    cidrs: [],
    ports: [],
    description: null,
    ...rest,
  });

  it('are dependencies with their users, no leaks; unused ones are said so', () => {
    const { verdict, attempts, siteDependencies } = leak(
      [],
      [
        internal({ name: 'api', cidrs: ['198.51.100.0/24'], ports: [443] }),
        internal({ name: 'mail', hosts: ['mail.site.example'] }),
      ],
    );
    expect([verdict, attempts]).to.deep.equal(['ready', []]);
    expect(siteDependencies).to.deep.equal([
      {
        name: 'api',
        description: null,
        stands: null,
        used: true,
        users: ['shop/Deployment/web'],
        destinations: ['198.51.100.7:443'],
        count: 1,
        note: null,
      },
      {
        name: 'mail',
        description: null,
        stands: null,
        used: false,
        users: [],
        destinations: [],
        count: 0,
        note: 'nobody used it in this run',
      },
    ]);
  });

  it('do not cover another port or a neighbour', () => {
    expect(leak([], [internal({ cidrs: ['198.51.100.0/24'], ports: [80] })]).verdict).to.equal('not-ready');
    expect(leak([], [internal({ cidrs: ['198.51.100.8/29'] })]).verdict).to.equal('not-ready');
  });

  it('cover names by glob, whatever port', () => {
    const log = new LogBuilder({
      gate: { ...RUN.gate, internal: [internal({ hosts: ['*.site.example'], ports: [123] })] },
    }).complete();
    const question = { type: 'A', transport: 'udp', id: 1 } as const;
    for (const name of ['ntp.site.example', 'ntp.other.example'])
      log.saw('dns', 5, { protocol: 'dns', name, address: '10.99.0.2', port: 53, question });
    const { attempts, siteDependencies } = log.report();
    expect(attempts.map(({ destination }) => destination.name)).to.deep.equal(['ntp.other.example']);
    expect(siteDependencies[0]?.users).to.deep.equal(['an unknown process']);
  });

  it('that are DNS servers may be asked, but the names asked of them count', () => {
    const log = new LogBuilder({
      gate: { ...RUN.gate, internal: [internal({ name: 'dns', cidrs: ['192.0.2.53/32'], ports: [53] })] },
    })
      .complete()
      .pod('web', '10.42.0.5')
      .task('n:1:0', '/bin/web', { container: containerIdOf('web') });
    const from = { address: '10.42.0.5', port: 7 };
    const question = { type: 'A', transport: 'udp', id: 1 } as const;
    log
      .saw('routes', 5, { protocol: 'udp', address: '192.0.2.53', port: 53 }, { task: 'n:1:0', from })
      .saw(
        'cni',
        5,
        { protocol: 'dns', name: 'pypi.org', address: '192.0.2.53', port: 53, question },
        { from },
      );
    const { attempts, siteDependencies } = log.report();
    expect(
      attempts.map(({ destination, class: kind, source }) => [destination.name, kind, source.process.exe]),
    ).to.deep.equal([['pypi.org', 'pypi', '/bin/web']]);
    expect(siteDependencies[0]).to.deep.include({ used: true, users: ['shop/Deployment/web'] });
  });
});
