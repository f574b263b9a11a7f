// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { parseConfig } from '../core/config-file.ts';
import { readTextFile } from '../core/text-file.ts';
import type { Inside } from './inside.ts';

const MAX_BYTES = 4 * 2 ** 20;

/** K3s's own files: read loosely, K3s is the judge of them; only what the rules ask for is looked at. */
const registriesSchema = z.looseObject({ mirrors: z.record(z.string(), z.unknown()).nullish() });
const configSchema = z.looseObject({ 'disable-default-registry-endpoint': z.unknown().optional() });

/** Registries listed in registries.yaml. Throws HarnessError (bundle) with file:line:column when it is no YAML or no map. */
export async function readMirrors({ path }: Inside): Promise<string[]> {
  const { value } = parseConfig(
    path,
    await readTextFile(path, { code: 'bundle', maxBytes: MAX_BYTES }),
    registriesSchema,
    'bundle',
  );
  return Object.keys(value.mirrors ?? {});
}

/** Whether config.yaml forbids the default endpoint. Throws HarnessError (bundle) as `readMirrors` does. */
export async function readDefaultEndpointDisabled({ path }: Inside): Promise<boolean> {
  const { value } = parseConfig(
    path,
    await readTextFile(path, { code: 'bundle', maxBytes: MAX_BYTES }),
    configSchema,
    'bundle',
  );
  return String(value['disable-default-registry-endpoint']) === 'true';
}
