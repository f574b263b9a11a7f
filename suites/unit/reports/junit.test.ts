// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { validateXML } from 'xmllint-wasm';
import type { Report } from '../../../harness/core/report.ts';
import { renderJunit } from '../../../reports/junit.ts';
import { frozenReport } from '../../fixtures/log-v1.ts';
import { hostileReport } from './hostile-report.ts';

const XSD = readFileSync(join(import.meta.dirname, 'junit.xsd'), 'utf8');

async function errorsOf(xml: string): Promise<string[]> {
  const { errors } = await validateXML({ xml: { fileName: 'junit.xml', contents: xml }, schema: XSD });
  return errors.map(({ message }) => message);
}

/** `classname name: child` of each test case. */
function cases(xml: string): string[] {
  return [
    ...xml.matchAll(
      /<testcase classname="([^"]*)" name="([^"]*)"[^>]*?(?:\/>|>\s*<(failure|error|skipped)\b)/g,
    ),
  ].map(([, classname, name, child]) => `${classname} ${name}: ${child ?? 'pass'}`);
}

describe('junit.xml', () => {
  it('is well-formed and has the shape that CI servers read', async () => {
    expect(await errorsOf(renderJunit(frozenReport()))).to.deep.equal([]);
  });

  it('is refused by that schema when two tests share a name, or a total is missing', async () => {
    const xml = renderJunit(frozenReport());
    expect(
      await errorsOf(
        xml.replace(
          'node-ready: The node is Ready',
          'images-present: Every declared image is in the node’s store',
        ),
      ),
    ).to.not.deep.equal([]);
    expect(await errorsOf(xml.replace(' failures=', ' failed='))).to.not.deep.equal([]);
  });

  it('is well-formed whatever a bundle or a log brings', async () => {
    const xml = renderJunit(hostileReport());
    expect(await errorsOf(xml)).to.deep.equal([]);
    expect(xml).to.not.match(/(?![\t\n\r])\p{Cc}/u);
    expect(xml).to.not.contain('<script');
  });

  it('tells each check, attempt, canary and observer once, failures as the bundle’s and errors as the harness’s', () => {
    const found = cases(renderJunit(frozenReport()));
    expect(found).to.include.members([
      'airgap.verdict the bundle is ready: failure',
      'airgap.checks node-ready: The node is Ready: pass',
      'airgap.checks services-reachable: Every Service is reached from a pod and from the node: skipped',
      'airgap.checks workloads-available: Every workload is available: failure',
      'airgap.attempts Deployment/public-dns (container licence) in namespace leaky does not reach for 8.8.8.8:53/udp: failure',
      'airgap.attempts Deployment/version-check (container server) in namespace leaky does not reach for stats.acme.example (DNS): skipped',
      'airgap.canaries start: tcp4 from pod is seen: pass',
      'airgap.observers routes saw everything: pass',
    ]);
    expect(new Set(found).size).to.equal(found.length);
    const { attempts, checks, canaries, observers, exceptions } = frozenReport();
    const each = [attempts, checks, canaries, observers, exceptions];
    expect(found).to.have.length(1 + each.reduce((sum, { length }) => sum + length, 0));
    expect(found).to.include.members([
      'airgap.exceptions exception for destination stats.acme.example:443, owner leaky/Deployment/version-check is used and valid: pass',
      'airgap.exceptions exception for destination 203.0.113.77:9000 is used and valid: skipped',
    ]);
  });

  it('skips a check that had nothing to ask, with the reason', () => {
    const report = frozenReport();
    const [first, ...rest] = report.checks;
    if (first === undefined) throw new Error('the fixture has no check');
    const moot = { ...first, result: 'not-applicable', message: 'there is no Ingress' } as const;
    expect(renderJunit({ ...report, checks: [moot, ...rest] })).to.contain(
      '<skipped message="nothing to ask: there is no Ingress"/>',
    );
  });

  it('skips a canary that is not available here, with the kernel’s reason', () => {
    const report = frozenReport();
    const [first, ...rest] = report.canaries;
    if (first === undefined) throw new Error('the fixture has no canary');
    const answer = 'protocol not supported';
    const refused = { ...first, seen: [], result: 'unavailable' as const, answer };
    expect(renderJunit({ ...report, canaries: [refused, ...rest] })).to.contain(
      '<skipped message="not available here: protocol not supported"/>',
    );
  });

  it('adds up its totals', () => {
    const xml = renderJunit(frozenReport());
    const all = cases(xml);
    const count = (child: string): number => all.filter((name) => name.endsWith(`: ${child}`)).length;
    expect(xml).to.contain(
      `tests="${all.length}" failures="${count('failure')}" skipped="${count('skipped')}" errors="${count('error')}" time="58.900"`,
    );
  });

  it('makes errors, not failures, of what the harness could not prove', () => {
    const report = frozenReport();
    const broken: Report = {
      ...report,
      verdict: 'inconclusive',
      attempts: [],
      exceptions: [],
      checks: report.checks.map((check) => ({ ...check, result: 'not-run' as const, attempts: [] })),
      canaries: report.canaries.map((canary) => ({ ...canary, seen: [], result: 'fail' as const })),
      observers: report.observers.map((observer) => ({ ...observer, status: 'died' as const })),
    };
    expect(cases(renderJunit(broken)).filter((name) => !name.endsWith(': error'))).to.deep.equal([
      'airgap.attempts nothing reached for anything outside: pass',
    ]);
  });
});
