// SPDX-License-Identifier: Apache-2.0
import type { Report } from '../core/report.ts';
import { maskText } from './mask.ts';

/** Texts that are no words of a bundle: hiding a part of them would break what refers to them. */
const KEPT: ReadonlySet<string> = new Set([
  'id',
  'ref',
  'digest',
  'file',
  'runId',
  'startedAt',
  'renderedAt',
]);

/**
 * The report with secrets hidden in every text that a bundle, a program or a log can have put there: names, paths, URLs, messages,
 * evidence. It is passed on to vendors. Terminal, HTML and JUnit are made of it.
 */
export function maskReport<T extends Omit<Report, 'renderedAt'>>(report: T): T {
  const copy = structuredClone(report);
  hideIn(copy, '');
  return copy;
}

/** `name`: of the field that the value is in; members of an array have the array's. */
function hideIn(value: object, name: string): void {
  for (const [key, each] of Object.entries(value) as [string, unknown][]) {
    const field = Array.isArray(value) ? name : key;
    if (typeof each === 'string' && !KEPT.has(field)) Reflect.set(value, key, maskText(each));
    else if (typeof each === 'object' && each !== null) hideIn(each, field);
  }
}
