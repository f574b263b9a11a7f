// SPDX-License-Identifier: Apache-2.0
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where everything that is made once is kept: AIRGAP_CACHE, by default ${XDG_CACHE_HOME:-~/.cache}/airgap-readiness. */
export function cacheRoot(env: Readonly<Record<string, string | undefined>>): string {
  return resolve(
    env['AIRGAP_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'airgap-readiness'),
  );
}
