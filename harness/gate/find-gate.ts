// SPDX-License-Identifier: Apache-2.0
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';

/**
 * The gate that belongs to a bundle: `<bundle>.gate.yaml` beside its folder, never inside it, where its vendor could have put it.
 * Null when there is none.
 */
export async function findGate(bundlePath: string): Promise<string | null> {
  const path = resolve(bundlePath);
  const folder = basename(path) === 'bundle.yaml' ? dirname(path) : path;
  const gate = `${folder}.gate.yaml`;
  const found = await stat(gate).catch(() => null);
  return found?.isFile() === true ? gate : null;
}
