// SPDX-License-Identifier: Apache-2.0
import { readClientHello, recordLength } from './client-hello.ts';

/** What a client said first on a connection. */
export type FirstWords =
  | { readonly kind: 'tls'; readonly sni: string | null; readonly alpn: readonly string[] }
  | {
      readonly kind: 'http';
      readonly method: string;
      /** Host header or authority, lower case, as it was written; null when there is none. */
      readonly host: string | null;
      /** Without its query, which may hold secrets. */
      readonly path: string;
    }
  | { readonly kind: 'bytes'; readonly hex: string }
  | { readonly kind: 'nothing' };

const REQUEST = /^([A-Z]{3,8}) (\S+) HTTP\/\d/;
const MAY_BE_REQUEST = /^[A-Z]{1,8}(?: |$)/;
/** Whoever sends more before the end of its headers is no client to wait for. */
const MOST_BYTES = 16_384;
const ENOUGH = 16;
const SHOWN = 32;

/**
 * Reads the beginning of what a client sends: the server name of TLS, host and path of HTTP, else the first bytes. Null
 * while more is needed to tell. `isAll`: nothing more will come.
 */
export function readFirstWords(bytes: Buffer, isAll: boolean): FirstWords | null {
  const whole = isAll || bytes.length >= MOST_BYTES;
  if (bytes.length === 0) return whole ? { kind: 'nothing' } : null;
  const record = recordLength(bytes);
  if (record !== null) {
    if (bytes.length < record && !whole) return null;
    const hello = readClientHello(bytes.subarray(0, record));
    return hello === null ? shown(bytes) : { kind: 'tls', ...hello };
  }
  const text = bytes.toString('latin1');
  if (MAY_BE_REQUEST.test(text)) {
    const end = /\r?\n\r?\n/.exec(text)?.index;
    const request = REQUEST.exec(text);
    if (end === undefined && !whole) return null;
    if (request !== null) return httpWords(request, text.slice(0, end));
  }
  return whole || bytes.length >= ENOUGH ? shown(bytes) : null;
}

function httpWords(request: RegExpExecArray, head: string): FirstWords {
  const [, method = '', target = ''] = request;
  const header = /^host:[ \t]*(\S+)/im.exec(head)?.[1] ?? null;
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)([^?#]*)/i.exec(target);
  const host = method === 'CONNECT' ? target : (absolute?.[1] ?? header);
  const path = method === 'CONNECT' ? '' : (absolute?.[2] ?? target.replace(/[?#].*$/, ''));
  return {
    kind: 'http',
    method,
    host: host === null ? null : host.replace(/^.*@/, '').toLowerCase(),
    path: method === 'CONNECT' ? '' : path || '/',
  };
}

function shown(bytes: Buffer): FirstWords {
  return { kind: 'bytes', hex: bytes.toString('hex', 0, SHOWN) };
}
