// SPDX-License-Identifier: Apache-2.0
import { finding, type Rule } from './finding.ts';

/** K3s takes a .txt in its images folder for a list of images to pull, and does not finish starting until it has. */
export const pullList: Rule = ({ items }) =>
  items
    .filter(({ kind, file }) => kind === 'file' && /(?:^|\/)images\/[^/]+\.txt$/.test(file))
    .map(({ file }) =>
      finding(
        'pull-list',
        'warning',
        file,
        `"${file}" lies where K3s reads a list of images to pull from their registries`,
        'keep the list outside the images folder; put the images themselves there as archives',
      ),
    );
