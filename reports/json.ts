// SPDX-License-Identifier: Apache-2.0
import type { Comparison } from '../harness/core/comparison.ts';
import type { Report } from '../harness/core/report.ts';

/**
 * report.json: two spaces, a newline at the end, keys in the order of the fold, which is fixed. The same report gives
 * the same bytes.
 */
export function renderJson(report: Report | Comparison): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
