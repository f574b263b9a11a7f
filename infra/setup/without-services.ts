// SPDX-License-Identifier: Apache-2.0
import { rm, writeFile } from 'node:fs/promises';
import { errnoOf } from '../../harness/core/errors.ts';

/** What Debian's packages ask before they start their services; 101: not allowed. */
const POLICY = '/usr/sbin/policy-rc.d';

/**
 * Installs something while no package may start a service: Docker's own would make a bridge and firewall rules on this machine.
 * A policy that the machine has already is left as it is.
 */
export async function withoutServices<T>(install: () => Promise<T>): Promise<T> {
  const own = await writeFile(POLICY, '#!/bin/sh\nexit 101\n', { flag: 'wx', mode: 0o755 }).then(
    () => true,
    (error: unknown) => {
      if (errnoOf(error) === 'EEXIST') return false;
      throw error;
    },
  );
  try {
    return await install();
  } finally {
    if (own) await rm(POLICY, { force: true });
  }
}
