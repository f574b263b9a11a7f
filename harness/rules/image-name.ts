// SPDX-License-Identifier: Apache-2.0
import { finding, type Rule } from './finding.ts';

/**
 * An image that is carried and yet not found: without a name, or under one that containerd stores as it is written in the image layout, while the
 * kubelet asks for the full spelling (containerd 2.2, core/images/archive: only the names of a docker-archive are normalised).
 */
export const imageName: Rule = ({ images }) => [
  ...images
    .filter(({ reference }) => reference === null)
    .map(({ archive, configDigest }) =>
      finding(
        'image-name',
        'warning',
        archive,
        `an image in this archive (${configDigest.slice(0, 19)}) has no name that a pod could use`,
        'name the image with registry, repository and tag when the archive is made',
      ),
    ),
  ...images.flatMap(({ reference, storedAs, archive }) =>
    storedAs === undefined || reference === null
      ? []
      : [
          finding(
            'image-name',
            'warning',
            archive,
            `an image in this archive is stored as "${storedAs}", but for pods it would have to be "${reference}"`,
            `write the name in full, "${reference}", when the archive is made`,
          ),
        ],
  ),
];
