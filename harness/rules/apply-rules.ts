// SPDX-License-Identifier: Apache-2.0
import type { Bundle } from '../core/bundle.ts';
import { defaultEndpoint } from './default-endpoint.ts';
import type { Finding, Rule } from './finding.ts';
import { ignoredFiles } from './ignored-files.ts';
import { imageName } from './image-name.ts';
import { imageNotInBundle } from './image-not-in-bundle.ts';
import { manifestName } from './manifest-name.ts';
import { movingTag } from './moving-tag.ts';
import { pullList } from './pull-list.ts';
import { pullPolicyAlways } from './pull-policy-always.ts';

const RULES: readonly Rule[] = [
  imageNotInBundle,
  imageName,
  pullPolicyAlways,
  movingTag,
  pullList,
  manifestName,
  defaultEndpoint,
  ignoredFiles,
];

/** All static findings of a bundle, in the order of the rules. */
export function applyRules(bundle: Bundle): Finding[] {
  return RULES.flatMap((rule) => rule(bundle));
}
