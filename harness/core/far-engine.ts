// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { z } from 'zod';
import { toldByVariable } from './told-by-variable.ts';

/** The variable by which the command line tells itself that it runs in a container of an engine on another machine (ADR 21). */
export const FAR_ENGINE_VARIABLE = 'AIRGAP_FAR_ENGINE';

const farEngineSchema = z.strictObject({
  /** Session of the command outside that waits for this one. */
  session: z.string().regex(/^[0-9a-f]{6}$/),
  /** This container's root as the engine finds it: a folder of its machine. */
  root: z.string(),
  /** The engine has this root file system of a node as an image. */
  nodeImage: z.strictObject({ folder: z.string(), reference: z.string() }),
  /** For people: the machine of the engine, and its system. */
  machine: z.string(),
  os: z.string(),
});
export type FarEngine = z.infer<typeof farEngineSchema>;

/** What the command outside told; null: this process runs where it was called. Text that is not ours counts as none. */
export function farEngine(env: Readonly<NodeJS.ProcessEnv> = process.env): FarEngine | null {
  return toldByVariable(env, FAR_ENGINE_VARIABLE, farEngineSchema);
}

/** A path of this process as the engine finds it, which mounts it into its containers. */
export function pathAtEngine(path: string): string {
  const far = farEngine();
  return far === null ? path : join(far.root, path);
}
