// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { type ClusterNetwork, DEFAULT_NETWORK } from '../core/cluster-network.ts';
import { parseConfig } from '../core/config-file.ts';
import { readTextFile } from '../core/text-file.ts';
import { clusterNetwork } from './cluster-network.ts';
import type { Inside } from './inside.ts';

const MAX_BYTES = 4 * 2 ** 20;

/** K3s's own files: read loosely, K3s is the judge of them; only what the rules ask for is looked at. */
const registriesSchema = z.looseObject({ mirrors: z.record(z.string(), z.unknown()).nullish() });
const configSchema = z.record(z.string(), z.unknown());

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

/** What is looked at of config.yaml. */
export interface K3sSettings {
  /** The default endpoint is forbidden. */
  readonly defaultEndpointDisabled: boolean;
  readonly network: ClusterNetwork;
}

/** Reads config.yaml; null: there is none, and K3s's defaults hold. Throws HarnessError (bundle) as `readMirrors` does. */
export async function readSettings(file: Inside | null): Promise<K3sSettings> {
  if (file === null) return { defaultEndpointDisabled: false, network: DEFAULT_NETWORK };
  const { path } = file;
  const text = await readTextFile(path, { code: 'bundle', maxBytes: MAX_BYTES });
  const config = parseConfig(path, text, configSchema, 'bundle');
  return {
    defaultEndpointDisabled: String(config.value['disable-default-registry-endpoint']) === 'true',
    network: clusterNetwork(path, config),
  };
}
