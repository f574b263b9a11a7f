// SPDX-License-Identifier: Apache-2.0
import { describeCulprit, describeDestination } from '../harness/core/describe.ts';
import type { Attempt, Evidence, Report } from '../harness/core/report.ts';
import { exceptionWarning } from './exceptions.ts';
import { groupByCulprit, VERDICT_WORDS } from './text.ts';
import { serialiseXml, type XmlElement } from './xml.ts';

/**
 * junit.xml for CI servers, which key a test by classname and name: both stay the same from run to run. `failure` says
 * that the bundle is to blame, `error` that the harness could not tell.
 */
export function renderJunit(report: Report): string {
  const suites = [
    suite('verdict', report, [verdictCase(report)]),
    suite('checks', report, report.checks.map(checkCase)),
    suite('attempts', report, attemptCases(report)),
    suite('findings', report, report.findings.map(findingCase)),
    suite('exceptions', report, report.exceptions.map(exceptionCase)),
    suite('canaries', report, report.canaries.map(canaryCase)),
    suite('observers', report, report.observers.map(observerCase)),
  ];
  return serialiseXml({
    name: 'testsuites',
    attributes: {
      name: `air-gap readiness of ${report.bundle.name} ${report.bundle.version}`,
      ...totals(suites.flatMap(({ children = [] }) => children)),
      time: seconds(report.timings['total'] ?? 0),
      timestamp: report.startedAt,
    },
    children: suites,
  });
}

function suite(name: string, report: Report, named: readonly XmlElement[]): XmlElement {
  const cases = withOwnNames(named);
  const time = cases.reduce((sum, { attributes }) => sum + Number(attributes?.['time'] ?? 0), 0);
  return {
    name: 'testsuite',
    attributes: {
      name,
      id: name,
      hostname: report.environment.provider,
      ...totals(cases),
      time: time.toFixed(3),
      timestamp: report.startedAt,
    },
    children: cases,
  };
}

/** CI servers take two tests of one name for one: the second gets a number. */
function withOwnNames(cases: readonly XmlElement[]): XmlElement[] {
  const seen = new Map<string, number>();
  return cases.map((each) => {
    const name = String(each.attributes?.['name'] ?? '');
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? each : { ...each, attributes: { ...each.attributes, name: `${name} (${count})` } };
  });
}

function totals(
  elements: readonly XmlElement[],
): Record<'tests' | 'failures' | 'skipped' | 'errors', number> {
  const cases = elements.flatMap((element) =>
    element.name === 'testcase' ? [element] : (element.children ?? []),
  );
  const having = (name: string): number =>
    cases.filter(({ children = [] }) => children.some((child) => child.name === name)).length;
  return {
    tests: cases.filter(({ name }) => name === 'testcase').length,
    failures: having('failure'),
    skipped: having('skipped'),
    errors: having('error'),
  };
}

function testCase(
  group: string,
  name: string,
  children: readonly XmlElement[],
  durationMs: number | null = null,
): XmlElement {
  return {
    name: 'testcase',
    attributes: { classname: `airgap.${group}`, name, time: seconds(durationMs ?? 0) },
    children,
  };
}

function outcome(name: 'failure' | 'error', type: string, message: string, text: string): XmlElement {
  return { name, attributes: { message, type }, text };
}

function verdictCase({ verdict, reasons }: Report): XmlElement {
  if (verdict === 'ready') return testCase('verdict', 'the bundle is ready', []);
  const text = reasons.map(({ message }) => message).join('\n');
  const kind = verdict === 'not-ready' ? 'failure' : 'error';
  return testCase('verdict', 'the bundle is ready', [outcome(kind, verdict, VERDICT_WORDS[verdict], text)]);
}

function checkCase(check: Report['checks'][number]): XmlElement {
  const text = [
    check.message,
    ...check.evidence.map(evidenceLine),
    ...check.attempts.map((id) => `attempt ${id}`),
  ].join('\n');
  const children = {
    pass: [],
    // An optional check that fails is told, but does not turn the suite red: it did not decide the verdict either.
    fail: [
      check.required
        ? outcome('failure', 'check', check.message, text)
        : skippedBecause(`optional, failed: ${check.message}`),
    ],
    error: [outcome('error', 'check', check.message, text)],
    skipped: [skippedBecause(check.message)],
    'not-applicable': [skippedBecause(`nothing to ask: ${check.message}`)],
    'not-run': [
      check.required ? outcome('error', 'not-run', check.message, text) : skippedBecause(check.message),
    ],
  }[check.result];
  const output = check.result === 'pass' ? [] : attachments(check.evidence);
  return testCase('checks', `${check.id}: ${check.title}`, [...children, ...output], check.durationMs);
}

/** One test for each destination of each culprit, and one that passes when there is none. */
function attemptCases({ attempts }: Report): XmlElement[] {
  if (attempts.length === 0) return [testCase('attempts', 'nothing reached for anything outside', [])];
  return groupByCulprit(attempts).flatMap(({ attempts: members }) => members.map(attemptCase));
}

function attemptCase(attempt: Attempt): XmlElement {
  const { source, accepted } = attempt;
  const name = `${describeCulprit(source)} does not reach for ${describeDestination(attempt)}`;
  if (accepted !== null) {
    return testCase('attempts', name, [
      skippedBecause(`accepted until ${accepted.expires} by ${accepted.owner}: ${accepted.reason}`),
    ]);
  }
  const process = source.process.argv?.join(' ') ?? source.process.exe;
  const text = [
    attempt.remedy,
    `seen ${attempt.count} times, in: ${Object.keys(attempt.phases).join(', ')}`,
    `class: ${attempt.class}${attempt.classifiedBy === 'gate' ? ' (a row of gate.yaml)' : ''}; id: ${attempt.id}`,
    ...(attempt.asked.length === 0
      ? []
      : [`names asked there (${attempt.askedCount}): ${attempt.asked.join(', ')}`]),
    ...(source.image === null ? [] : [`image: ${source.image}`]),
    ...(process === null ? [] : [`process: ${process}`]),
    ...attempt.evidence.map(evidenceLine),
  ].join('\n');
  return testCase('attempts', name, [
    outcome('failure', attempt.class, `tried to reach ${describeDestination(attempt)}`, text),
    ...attachments(attempt.evidence),
  ]);
}

/** Warnings of exceptions turn nothing red: what an expired one no longer accepts does that itself. */
function exceptionCase(exception: Report['exceptions'][number]): XmlElement {
  const { scope, reason, owner } = exception;
  const warning = exceptionWarning(exception);
  const name = `exception for ${scope} is used and valid`;
  return testCase(
    'exceptions',
    name,
    warning === null ? [] : [skippedBecause(`${warning} (${owner}: ${reason})`)],
  );
}

function findingCase({
  rule,
  severity,
  location,
  message,
  remedy,
  accepted,
}: Report['findings'][number]): XmlElement {
  const name = `${rule}: ${location}: ${message}`;
  if (accepted !== null) {
    return testCase('findings', name, [
      skippedBecause(`accepted until ${accepted.expires} by ${accepted.owner}: ${accepted.reason}`),
    ]);
  }
  return testCase('findings', name, [
    severity === 'blocker'
      ? outcome('failure', rule, message, `${location}: ${message}\n${remedy}`)
      : skippedBecause(`${severity}: ${message}`),
  ]);
}

function canaryCase(canary: Report['canaries'][number]): XmlElement {
  // Destinations of canaries are random, so they are no part of the name.
  const name = `${canary.stage}: ${canary.kind} from ${canary.place} is seen`;
  if (canary.result === 'pass') return testCase('canaries', name, []);
  if (canary.result === 'unseeable')
    return testCase('canaries', name, [skippedBecause('no observer that this run had could see it')]);
  if (canary.result === 'unavailable')
    return testCase('canaries', name, [
      skippedBecause(`not available here: ${canary.answer ?? 'not said why'}`),
    ]);
  const missed = canary.expected.filter((observer) => !canary.seen.includes(observer)).join(', ');
  return testCase('canaries', name, [
    outcome(
      'error',
      'canary',
      missed === ''
        ? `met “${canary.answer ?? 'nothing'}”, which the profile does not promise`
        : `not seen by ${missed}`,
      `to ${canary.to}; seen by ${canary.seen.join(', ') || 'none'}`,
    ),
  ]);
}

function observerCase({ id, required, status, received, lost }: Report['observers'][number]): XmlElement {
  const name = `${id} saw everything`;
  if (status === 'missing')
    return testCase('observers', name, [
      skippedBecause('this machine cannot have it, and the run went without'),
    ]);
  if (status === 'ok' || !required) return testCase('observers', name, []);
  const message = `${status}: received ${received}, lost ${lost}`;
  return testCase('observers', name, [outcome('error', status, message, message)]);
}

function skippedBecause(message: string): XmlElement {
  return { name: 'skipped', attributes: { message } };
}

/** Files for CI servers that pick attachments out of the output. */
function attachments(evidence: readonly Evidence[]): XmlElement[] {
  const files = [...new Set(evidence.flatMap(({ file }) => file ?? []))];
  if (files.length === 0) return [];
  return [{ name: 'system-out', text: files.map((file) => `[[ATTACHMENT|${file}]]`).join('\n') }];
}

function evidenceLine({ observer, file, record, text }: Evidence): string {
  const place = file === null ? '' : `${file}${record === null ? '' : ` record ${record}`}`;
  return [observer ?? 'saved', place, text ?? ''].filter((part) => part !== '').join(': ');
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
