// SPDX-License-Identifier: Apache-2.0
import type { InsideRanges } from './events.ts';

/**
 * The site's proxy in profile `proxy`: an address of the sink in the range of the site's services, which leaves its last
 * address free (core/site.ts), so that who goes to it is seen; and Squid's port.
 */
export const PROXY = { address: '10.99.0.127', port: 3128 } as const;

/**
 * Variables of a site with a proxy, in both spellings: which one a program reads differs. What the site itself has is reached
 * without it.
 *
 * @param names of the site's own zone; `*.x` stands for what ends in `.x`
 */
export function proxyVariables(
  inside: InsideRanges,
  names: readonly string[] = [],
): Readonly<Record<string, string>> {
  const { address, port } = PROXY;
  const url = `http://${address}:${port}`;
  const direct = [
    'localhost',
    '127.0.0.0/8',
    '::1',
    '.svc',
    `.${inside.clusterDomain}`,
    ...inside.node,
    ...inside.pods,
    ...inside.services,
    ...(inside.site ?? []),
    ...names.map((name) => name.replace(/^\*/, '')),
  ].join(',');
  const values = { HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: direct };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => [
      [name, value],
      [name.toLowerCase(), value],
    ]),
  );
}

/** Where a login of the node (pam_env) finds them, and the file that K3s's unit reads. */
export const PROXY_FILES = { login: '/etc/environment', k3s: '/etc/default/k3s' } as const;

/** A command line that runs with the proxy variables which `file` of the node holds, if it holds any. */
export function withProxyOf(file: string, argv: readonly string[]): readonly string[] {
  const given = `$(grep -E "^(HTTP|HTTPS|NO|http|https|no)_(PROXY|proxy)=[^[:space:]]*$" "$0" 2>/dev/null)`;
  return ['sh', '-c', `for variable in ${given}; do export "$variable"; done; exec "$@"`, file, ...argv];
}
