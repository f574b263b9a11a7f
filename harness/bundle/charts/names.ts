// SPDX-License-Identifier: Apache-2.0

/** What helm takes for a release's name (helm v4.3.1, pkg/chart/common/util, ValidateReleaseName). */
const RELEASE_NAME = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
/** A namespace's name (RFC 1123 label). */
export const NAMESPACE_NAME = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** True for a name that helm accepts for a release: lower case, at most 53 characters. */
export function isReleaseName(name: string): boolean {
  return name.length <= 53 && RELEASE_NAME.test(name);
}
