// SPDX-License-Identifier: Apache-2.0
import type { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { HarnessError, reasonOf } from '../core/errors.ts';
import type { RunningNode } from '../core/node.ts';

const ANSWER_MS = 10_000;

/** The certificate that a node's API server shows. Throws HarnessError (harness) when it shows none. */
export async function readServerCertificate({
  name,
  apiSocket,
  pace,
}: Pick<RunningNode, 'name' | 'apiSocket' | 'pace'>): Promise<X509Certificate> {
  const { promise, resolve, reject } = Promise.withResolvers<X509Certificate>();
  // It is looked at, not trusted: nothing is sent.
  const socket = connect({ path: apiSocket, servername: 'kubernetes', rejectUnauthorized: false });
  socket.setTimeout(ANSWER_MS * pace, () => socket.destroy(new Error('no answer')));
  socket.once('error', reject);
  socket.once('secureConnect', () => {
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) reject(new Error('it shows no certificate'));
    else resolve(certificate);
  });
  try {
    return await promise;
  } catch (error) {
    throw new HarnessError(`the API server of node "${name}" shows no certificate: ${reasonOf(error)}`, {
      code: 'harness',
    });
  } finally {
    socket.destroy();
  }
}
