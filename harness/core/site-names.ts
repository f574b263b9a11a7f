// SPDX-License-Identifier: Apache-2.0

/**
 * True for a name that only the site can answer: of the cluster's domain, `*.svc` (half of a search list), one label, of
 * this host. `.local` is no such name: companies use it for real zones.
 *
 * @param name lower case, without the final dot
 */
export function isSiteName(name: string, clusterDomain: string): boolean {
  if (!name.includes('.')) return true;
  if (name === clusterDomain || name.endsWith(`.${clusterDomain}`)) return true;
  return /\.svc$|\.localhost$|^localhost\.localdomain$/.test(name);
}
