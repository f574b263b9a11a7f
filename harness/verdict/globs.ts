// SPDX-License-Identifier: Apache-2.0

/** Turns a glob into a test: `*` matches any run of characters, everything else itself; letter case is ignored. */
export function glob(pattern: string): (text: string) => boolean {
  return anyGlob([pattern]);
}

/** The same for several: true where one fits. As quick for a hundred as for one: names without `*` are looked up. */
export function anyGlob(patterns: readonly string[]): (text: string) => boolean {
  const exact = new Set(patterns.filter((each) => !each.includes('*')).map((each) => each.toLowerCase()));
  const wild = patterns.filter((each) => each.includes('*')).map(sourceOf);
  if (wild.length === 0) return (text) => exact.has(text.toLowerCase());
  const expression = new RegExp(`^(?:${wild.join('|')})$`, 'is');
  return (text) => exact.has(text.toLowerCase()) || expression.test(text);
}

function sourceOf(pattern: string): string {
  return pattern
    .split('*')
    .map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`))
    .join('.*');
}
