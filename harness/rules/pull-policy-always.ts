// SPDX-License-Identifier: Apache-2.0
import { parseImageReference } from '../core/image-reference.ts';
import { finding, type Rule } from './finding.ts';
import { imageReferences } from './image-references.ts';

/**
 * The registry is asked at every start, though the image is there: policy Always, or none with the tag `latest`, for which the API
 * server sets Always (kubernetes.io, "Images", image pull policy).
 */
export const pullPolicyAlways: Rule = ({ objects }) =>
  imageReferences(objects)
    .filter(({ reference, pullPolicy }) => {
      const parsed = parseImageReference(reference);
      return (
        pullPolicy === 'Always' || (pullPolicy === null && parsed?.tag === 'latest' && parsed.digest === null)
      );
    })
    .map(({ reference, owner, container, location, pullPolicy }) =>
      finding(
        'pull-policy-always',
        'warning',
        location,
        `${owner} container ${container} asks the registry for "${reference}" at every start${pullPolicy === null ? ' (no tag, or latest: the policy becomes Always)' : ' (imagePullPolicy: Always)'}`,
        pullPolicy === null ? 'name a fixed tag or digest' : 'set imagePullPolicy: IfNotPresent',
      ),
    );
