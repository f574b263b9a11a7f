// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

/**
 * What is wrong with a server's certificate at that time, or null: another authority made it, it is for another name, it is
 * not valid yet or no more. For servers whose clock is not this machine's: Node judges by this machine's.
 *
 * @param authority certificate that must have signed it, as PEM
 * @param now milliseconds since 1970, by the server's clock
 */
export function judgeCertificate(
  socket: Pick<TLSSocket, 'getPeerX509Certificate'>,
  { authority, name, now }: { readonly authority: string; readonly name: string; readonly now: number },
): string | null {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return 'it shows no certificate';
  if (!certificate.verify(new X509Certificate(authority).publicKey))
    return 'its certificate is not signed by the cluster’s authority';
  if (certificate.checkHost(name) === undefined) return `its certificate is not for ${name}`;
  const { validFromDate, validToDate } = certificate;
  if (now < validFromDate.getTime()) return `its certificate is valid from ${validFromDate.toISOString()} on`;
  if (now > validToDate.getTime()) return `its certificate was valid until ${validToDate.toISOString()}`;
  return null;
}
