// SPDX-License-Identifier: Apache-2.0
import type { Bundle } from '../core/bundle.ts';
import { chartDependency } from './chart-dependency.ts';
import { defaultEndpoint } from './default-endpoint.ts';
import type { Finding, Rule } from './finding.ts';
import { helmChartObject } from './helm-chart-object.ts';
import { ignoredFiles } from './ignored-files.ts';
import { imageName } from './image-name.ts';
import { imageNotInBundle } from './image-not-in-bundle.ts';
import { manifestName } from './manifest-name.ts';
import { movingTag } from './moving-tag.ts';
import { pullList } from './pull-list.ts';
import { pullPolicyAlways } from './pull-policy-always.ts';
import { remoteSchema } from './remote-schema.ts';

/** What can be said of any objects, wherever they come from. */
const IMAGE_RULES: readonly Rule[] = [imageNotInBundle, pullPolicyAlways, movingTag];

const RULES: readonly Rule[] = [
  ...IMAGE_RULES,
  imageName,
  chartDependency,
  remoteSchema,
  helmChartObject,
  pullList,
  manifestName,
  defaultEndpoint,
  ignoredFiles,
];

const NONE: ReadonlySet<string> = new Set();

/**
 * All static findings of a bundle, in the order of the rules.
 *
 * @param siteHosts names of the site's services, in lower case: what is asked of them is there. @default none
 */
export function applyRules(bundle: Bundle, siteHosts: ReadonlySet<string> = NONE): Finding[] {
  return RULES.flatMap((rule) => rule(bundle, siteHosts));
}

/** Findings about the images that a bundle's objects use. */
export function applyImageRules(bundle: Bundle): Finding[] {
  return IMAGE_RULES.flatMap((rule) => rule(bundle, NONE));
}
