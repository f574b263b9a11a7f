// SPDX-License-Identifier: Apache-2.0
import type { Report } from '../../harness/core/report.ts';

export function renderHtml(report: Report): string {
  return JSON.stringify(report).replaceAll('<', '\\u003c');
}
