// SPDX-License-Identifier: Apache-2.0
import { parseImageReference } from '../core/image-reference.ts';
import { finding, type Rule } from './finding.ts';
import { imageReferences } from './image-references.ts';

/**
 * `latest`, or no tag at all: what was carried and what is meant part ways with the next release. Where the policy makes it a pull as well,
 * pull-policy-always says so.
 */
export const movingTag: Rule = ({ objects }) =>
  imageReferences(objects)
    .filter(({ reference, pullPolicy }) => {
      const parsed = parseImageReference(reference);
      return (
        pullPolicy !== null && pullPolicy !== 'Always' && parsed?.tag === 'latest' && parsed.digest === null
      );
    })
    .map(({ reference, owner, container, location }) =>
      finding(
        'moving-tag',
        'info',
        location,
        `${owner} container ${container} uses "${reference}", which names no fixed version`,
        'name a fixed tag or digest',
      ),
    );
