// SPDX-License-Identifier: Apache-2.0
import { Agent as PlainAgent, type IncomingMessage, request as plainRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';

/** As browsers do, less: a release site answers with one or two. */
const MAX_REDIRECTS = 5;

export interface GetOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Time until an answer's head has come, look-up of the name, proxies and redirects included. */
  readonly answerMs: number;
  /** Longest silence in the middle of a body. */
  readonly idleMs: number;
}

/**
 * GET with redirects. Proxies of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) are used.
 * @returns the answer, whatever its status; its body must be read or destroyed, and fails when it is cut off
 * @throws Error when no answer comes in time, or at a redirect that cannot be followed
 */
export async function httpGet(url: URL, options: GetOptions): Promise<IncomingMessage> {
  const stop = new AbortController();
  const late = new Error(`no answer within ${options.answerMs / 1000} s`);
  const timer = setTimeout(() => stop.abort(late), options.answerMs);
  try {
    let at = url;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const answer = await getOnce(at, options, stop.signal);
      const { location } = answer.headers;
      if (![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0)) return answer;
      answer.destroy();
      at = redirectTarget(at, location);
    }
    throw new Error(`more than ${MAX_REDIRECTS} redirects`);
  } catch (error) {
    throw stop.signal.aborted ? late : error;
  } finally {
    clearTimeout(timer);
  }
}

async function getOnce(url: URL, options: GetOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const isTls = url.protocol === 'https:';
  const agent = isTls ? new TlsAgent({ proxyEnv: process.env }) : new PlainAgent({ proxyEnv: process.env });
  const answered = Promise.withResolvers<IncomingMessage>();
  const request = (isTls ? tlsRequest : plainRequest)(url, { agent, headers: options.headers ?? {} });
  const stop = (): void => void request.destroy(new Error('stopped'));
  signal.addEventListener('abort', stop);
  request.on('response', answered.resolve);
  request.on('error', answered.reject);
  request.setTimeout(options.idleMs, () =>
    request.destroy(new Error(`nothing came for ${options.idleMs / 1000} s`)),
  );
  request.end();
  try {
    return await answered.promise;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Never from TLS to none: who stands between could then change what comes. */
function redirectTarget(from: URL, location: string | undefined): URL {
  const to = location === undefined ? null : URL.parse(location, from.href);
  const allowed = from.protocol === 'https:' ? ['https:'] : ['http:', 'https:'];
  if (to !== null && allowed.includes(to.protocol)) return to;
  throw new Error(`it redirects from ${from.origin} to "${location ?? 'nowhere'}"`);
}
