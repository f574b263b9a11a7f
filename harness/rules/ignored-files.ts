// SPDX-License-Identifier: Apache-2.0
import { finding, type Rule } from './finding.ts';

/** What lies in the folder and takes no part is said, so that nobody relies on it. A gate above all. */
export const ignoredFiles: Rule = ({ ignored }) =>
  ignored.map(({ file, reason }) =>
    finding('ignored-file', 'info', file, `"${file}" takes no part: ${reason}`, 'nothing, if that is meant'),
  );
