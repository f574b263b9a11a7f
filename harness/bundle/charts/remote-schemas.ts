// SPDX-License-Identifier: Apache-2.0

/** The drafts themselves are built into helm's validator. */
const BUILT_IN = /^https?:\/\/json-schema\.org\/draft[-/]/i;
/** Deeper than any schema; deeper still is an attack on the stack. */
const MAX_DEPTH = 200;

/**
 * URLs of other hosts that a values.schema.json names by `$ref`: helm fetches each when it checks values. What is no JSON is helm's to refuse.
 */
export function remoteReferences(schema: Buffer | undefined): string[] {
  if (schema === undefined) return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(schema.toString());
  } catch {
    return [];
  }
  const found = new Set<string>();
  collect(parsed, found, 0);
  return [...found];
}

function collect(value: unknown, found: Set<string>, depth: number): void {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === '$ref' && typeof inner === 'string' && /^https?:\/\//i.test(inner)) {
      if (!BUILT_IN.test(inner)) found.add(inner.replace(/#.*$/, ''));
    } else collect(inner, found, depth + 1);
  }
}
