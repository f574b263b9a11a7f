// SPDX-License-Identifier: Apache-2.0

/** Turns a glob into a test: `*` matches any run of characters, everything else itself; letter case is ignored. */
export function glob(pattern: string): (text: string) => boolean {
  const source = pattern
    .split('*')
    .map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`))
    .join('.*');
  const expression = new RegExp(`^${source}$`, 'is');
  return (text) => expression.test(text);
}
