// SPDX-License-Identifier: Apache-2.0

/** Major, minor, patch; a missing patch is 0. */
type GoVersion = readonly [number, number, number];

/**
 * The version in the output of `go version` or `go env GOVERSION`, in a go.mod's text, or alone.
 * @returns null when there is none
 */
export function parseGoVersion(text: string): GoVersion | null {
  const match = /(?:^|\bgo ?)(\d+)\.(\d+)(?:\.(\d+))?(?:rc\d+|beta\d+)?\b/m.exec(text);
  return match === null ? null : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

/** Negative when `a` is older, positive when it is newer. */
export function compareGoVersions(a: GoVersion, b: GoVersion): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** The newest `go` line of several go.mod texts. */
export function neededGoVersion(modules: readonly string[]): GoVersion {
  let needed: GoVersion = [0, 0, 0];
  for (const text of modules) {
    const line = /^go .*$/m.exec(text)?.[0];
    const version = line === undefined ? null : parseGoVersion(line);
    if (version !== null && compareGoVersions(version, needed) > 0) needed = version;
  }
  return needed;
}
