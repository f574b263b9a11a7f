// SPDX-License-Identifier: Apache-2.0
import type { Report } from '../../../harness/core/report.ts';
import { frozenReport } from '../../fixtures/log-v1.ts';

/** What somebody would write who wants to get out of a text and into the page, the XML or the terminal. */
export const HOSTILE =
  `"'><script>document.title='owned'</script><img src=x onerror="document.title='owned'">]]>-->` +
  `</script></title></style>&lt;\u001b[2J\u001b]0;owned\u0007\u0000\u0008\ud800\u202e\u2028${'x'.repeat(300)}`;

/** A report in which every text a bundle, a pod or a log can choose is that. Fields of our own keep their values. */
export function hostileReport(hostile = HOSTILE): Report {
  const OURS = new Set([
    'schemaVersion',
    'renderedAt',
    'startedAt',
    'verdict',
    'kind',
    'phase',
    'status',
    'state',
    'result',
    'severity',
    'expires',
    'id',
    'ref',
    'stage',
    'place',
  ]);
  const poison = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return OURS.has(key) ? value : hostile;
    if (Array.isArray(value)) return value.map((each) => poison(each, key === 'attempts' ? 'id' : key));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, poison(each, name)]));
  };
  return poison(frozenReport(), '') as Report;
}
