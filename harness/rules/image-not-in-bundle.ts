// SPDX-License-Identifier: Apache-2.0
import { normaliseImageReference, parseImageReference } from '../core/image-reference.ts';
import { finding, type Rule } from './finding.ts';
import { imageReferences } from './image-references.ts';

/** A manifest names an image that no archive of the bundle holds. A warning: the run proves whether it is asked for. */
export const imageNotInBundle: Rule = ({ objects, images }) => {
  const carried = new Set(images.map(({ reference }) => reference));
  const digests = new Set(images.map(({ manifestDigest }) => manifestDigest));
  return imageReferences(objects)
    .filter(({ reference }) => {
      const digest = parseImageReference(reference)?.digest ?? null;
      return digest === null ? !carried.has(normaliseImageReference(reference)) : !digests.has(digest);
    })
    .map(({ reference, owner, container, location }) =>
      finding(
        'image-not-in-bundle',
        'warning',
        location,
        `${owner} container ${container} uses "${reference}", which no archive of the bundle holds`,
        'add the image to an archive of the bundle under exactly this reference',
      ),
    );
};
