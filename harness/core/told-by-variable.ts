// SPDX-License-Identifier: Apache-2.0
import type { z } from 'zod';

/**
 * What this program told itself by a variable, as JSON, when it started itself once more. Null: it was not started so; text that is
 * not ours counts as none.
 */
export function toldByVariable<T>(
  env: Readonly<NodeJS.ProcessEnv>,
  name: string,
  schema: z.ZodType<T>,
): T | null {
  const text = env[name];
  if (text === undefined) return null;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
