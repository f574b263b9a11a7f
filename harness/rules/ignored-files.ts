// SPDX-License-Identifier: Apache-2.0
import { finding, type Rule } from './finding.ts';

/** What lies in the folder and takes no part is said, so that nobody relies on it. A gate above all. */
export const ignoredFiles: Rule = ({ ignored, items }) => [
  ...ignored.map(({ file, reason }) =>
    finding('ignored-file', 'info', file, `"${file}" takes no part: ${reason}`, 'nothing, if that is meant'),
  ),
  ...items
    .filter(({ kind, file }) => kind === 'file' && /(?:^|[./])gate\.ya?ml$/.test(file))
    .map(({ file }) =>
      finding(
        'ignored-gate',
        'info',
        file,
        `"${file}" is ignored: a bundle cannot bring the gate that judges it`,
        'give the site’s gate with --gate, or put it beside the bundle',
      ),
    ),
];
