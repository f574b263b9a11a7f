// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { outputOrThrow } from '../core/command-output.ts';
import { HarnessError } from '../core/errors.ts';
import type { Vantage } from '../core/node.ts';

/** A route as `ip -json route show table all` tells it. */
export interface Route {
  readonly family: 4 | 6;
  readonly dst: string;
  readonly dev: string | null;
  readonly gateway: string | null;
  /** `unicast` is the only type that lets a packet go anywhere else. */
  readonly type: string;
}

export interface Interface {
  readonly name: string;
  readonly up: boolean;
  /** `veth`, `bridge` and the like for one that was made by software in this kernel; null for a device. */
  readonly kind: string | null;
}

/** What a network namespace really holds. */
export interface ObservedNetwork {
  readonly routes: readonly Route[];
  readonly interfaces: readonly Interface[];
  readonly forwarding4: boolean;
  readonly forwarding6: boolean;
}

const LINKS = 'ip -json -details link show';
const ASK = [
  LINKS,
  'ip -json -4 route show table all',
  'ip -json -6 route show table all',
  LINKS,
  'cat /proc/sys/net/ipv4/ip_forward',
  'cat /proc/sys/net/ipv6/conf/all/forwarding',
].join('; echo ";"; ');

/** A cluster that starts many pods makes a link every few hundred milliseconds; the question takes about ten. */
const TRIES = 20;

/**
 * Asks the kernel, again where a link came or went meanwhile: a route and its link would not be of the same moment.
 * `netns` as in SpawnOptions. Throws HarnessError.
 */
export async function observeNetwork(
  { spawn }: Pick<Vantage, 'spawn'>,
  netns: string | null,
): Promise<ObservedNetwork> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const observed = parseNetwork(
      await outputOrThrow(spawn(['sh', '-c', ASK], { netns }), 'the network cannot be looked at'),
    );
    if (observed !== null) return observed;
  }
  throw new HarnessError(
    `the network cannot be looked at: its links changed each of the ${TRIES} times it was asked for them`,
    {
      code: 'harness',
      hint: 'a pod that is started again and again makes links all the time: kubectl get pods -A',
    },
  );
}

/** Reads the six answers of `ASK`, which lines with a semicolon part; null where links changed between first and last. */
export function parseNetwork(text: string): ObservedNetwork | null {
  const [before = '', routes4 = '', routes6 = '', after = '', forward4 = '', forward6 = ''] =
    text.split(/^;$/m);
  const [first, links] = [before, after].map((list) => linkList.parse(parseJson(list)));
  if (first === undefined || links === undefined || names(first) !== names(links)) return null;
  return {
    routes: [...parseRoutes(routes4, 4), ...parseRoutes(routes6, 6)],
    interfaces: links.map(({ ifname, flags, linkinfo }) => ({
      name: ifname,
      up: flags.includes('UP'),
      kind: linkinfo?.info_kind ?? null,
    })),
    forwarding4: forward4.trim() !== '0',
    forwarding6: forward6.trim() !== '0',
  };
}

/** A number is given once, a name again. */
function names(links: z.infer<typeof linkList>): string {
  return links.map(({ ifindex, ifname }) => `${ifindex} ${ifname}`).join(', ');
}

const linkList = z.array(
  z.object({
    ifindex: z.number(),
    ifname: z.string(),
    flags: z.array(z.string()),
    linkinfo: z.object({ info_kind: z.string().optional() }).optional(),
  }),
);
const routeList = z.array(
  z.object({
    dst: z.string(),
    dev: z.string().optional(),
    gateway: z.string().optional(),
    type: z.string().optional(),
  }),
);

function parseRoutes(text: string, family: 4 | 6): Route[] {
  return routeList.parse(parseJson(text)).map(({ dst, dev, gateway, type }) => ({
    family,
    dst,
    dev: dev ?? null,
    gateway: gateway ?? null,
    type: type ?? 'unicast',
  }));
}

/** `ip -json` says nothing at all where a list is empty. */
function parseJson(text: string): unknown {
  return text.trim() === '' ? [] : JSON.parse(text);
}
