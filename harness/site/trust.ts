// SPDX-License-Identifier: Apache-2.0
import { HarnessError } from '../core/errors.ts';
import type { RunningNode } from '../core/node.ts';

/** What update-ca-certificates makes, and Go, OpenSSL and GnuTLS read (Debian, Ubuntu, Alpine). */
const BUNDLE = '/etc/ssl/certs/ca-certificates.crt';

/** Behind what is there, once, whatever the file ends with. */
const APPEND = `mkdir -p "$(dirname "$1")"; touch "$1"; { tail -c1 "$1" | read -r _ || echo; cat; } >>"$1"`;

/**
 * Makes a node trust a certificate authority, as update-ca-certificates does with a file of /usr/local/share/ca-certificates.
 * What runs already has read its certificates. Throws HarnessError (harness).
 */
export async function trustAuthority(node: RunningNode, pem: string): Promise<void> {
  const { exitCode, stderr } = await node.exec(['sh', '-c', APPEND, 'sh', BUNDLE], { stdin: pem });
  if (exitCode === 0) return;
  throw new HarnessError(
    `node "${node.name}" could not be given the site’s authority: ${stderr.trim().slice(0, 300)}`,
    { code: 'harness' },
  );
}
