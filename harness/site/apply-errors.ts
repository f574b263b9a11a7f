// SPDX-License-Identifier: Apache-2.0

const MOST = 3;
const LONGEST = 400;

/**
 * What K3s's log says about manifests that it could not apply, without repeats, the last ones first: the newest answer is the one
 * that still holds. K3s tries again and again, and names the file's path or, for an event, its AddOn.
 *
 * Written `level=error msg="..."` or as a plain line; both name the manifests folder.
 */
export function applyErrors(log: string): string[] {
  const found = new Set<string>();
  for (const line of log.trimEnd().split('\n').toReversed()) {
    if (!/server\/manifests\//.test(line) || !/fail|error|cannot|unable|invalid/i.test(line)) continue;
    const message = /msg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1]?.replaceAll('\\"', '"') ?? line;
    found.add(message.trim().slice(0, LONGEST));
    if (found.size === MOST) break;
  }
  return [...found];
}
