// SPDX-License-Identifier: Apache-2.0
import ssh2 from 'ssh2';
import { z } from 'zod';

/** Two key pairs of one machine, in OpenSSH's formats: it knows its harness, and the harness knows it. */
export const managementKeys = z.strictObject({
  hostPrivate: z.string(),
  hostPublic: z.string(),
  clientPrivate: z.string(),
  clientPublic: z.string(),
});
export type ManagementKeys = z.infer<typeof managementKeys>;

export function makeKeys(): ManagementKeys {
  const [host, client] = [
    ssh2.utils.generateKeyPairSync('ed25519'),
    ssh2.utils.generateKeyPairSync('ed25519'),
  ];
  return {
    hostPrivate: host.private,
    hostPublic: host.public,
    clientPrivate: client.private,
    clientPublic: client.public,
  };
}
