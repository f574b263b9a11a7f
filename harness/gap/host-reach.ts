// SPDX-License-Identifier: Apache-2.0
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { outputOrThrow } from '../core/command-output.ts';
import type { RunningNode } from '../core/node.ts';
import { ownAddresses } from '../core/own-addresses.ts';
import type { Gap } from './open-gap.ts';

/** What of this machine a node might reach past its link. */
export interface HostReach {
  /** This machine's own addresses, each with the device by which the node's routing would send there; null: nowhere. */
  readonly addresses: readonly { readonly address: string; readonly device: string | null }[];
  /** What listens at the node's gateway, in the sink: `tcp 10.99.0.2:53`. */
  readonly listeners: readonly string[];
  /** Names of the proxy variables of a process in the node. */
  readonly variables: readonly string[];
  /** Well-known sockets in the node that are this machine's own. */
  readonly sockets: readonly string[];
  /** Abstract sockets of the node's network; null where they may be the node's own. */
  readonly abstract: readonly string[] | null;
}

/** Where services of a machine listen for its own programs, container engines and the system's managers above all. */
const WELL_KNOWN = [
  '/var/run/docker.sock',
  '/run/docker.sock',
  '/run/containerd/containerd.sock',
  '/run/podman/podman.sock',
  '/run/crio/crio.sock',
  '/run/dbus/system_bus_socket',
  '/run/systemd/private',
  '/run/systemd/journal/socket',
  '/run/libvirt/libvirt-sock',
  '/run/snapd.socket',
] as const;

const route = z.array(z.object({ dev: z.string().optional(), type: z.string().optional() }));

/**
 * Looks at it; sends nothing. Throws HarnessError.
 *
 * @param options.fresh nothing of the node runs yet, so that every abstract socket there is somebody else's
 */
export async function observeHostReach(
  node: RunningNode,
  gap: Gap,
  { fresh }: { readonly fresh: boolean },
): Promise<HostReach> {
  const { vantage } = node;
  const inNode = async (argv: readonly string[], what: string): Promise<string> =>
    await outputOrThrow(vantage.spawn(argv, { netns: vantage.netns }), what);
  const [routes, listening, environment, sockets, unix] = await Promise.all([
    inNode(['sh', '-c', ROUTES, 'sh', ...ownAddresses()], 'routes to this machine cannot be looked at'),
    outputOrThrow(
      gap.vantage.spawn(['ss', '-Hlntu'], { netns: gap.netns.sink }),
      'what listens in the sink cannot be looked at',
    ),
    node.exec(['cat', '/proc/self/environ']),
    vantage.isLocal ? hostSockets(node) : [],
    fresh && vantage.isLocal
      ? inNode(['cat', '/proc/net/unix'], 'abstract sockets cannot be looked at')
      : null,
  ]);
  return {
    addresses: parseRoutes(routes),
    listeners: parseListeners(listening),
    variables: environment.stdout
      .split('\0')
      .flatMap((line) => /^(\w+_proxy)=./i.exec(line)?.[1] ?? [])
      .toSorted(),
    sockets,
    abstract: unix === null ? null : parseAbstract(unix),
  };
}

/** One line for each address: the address, and what `ip` says of the way there; nothing where there is none. */
const ROUTES = 'for a in "$@"; do echo "$a $(ip -json route get "$a" 2>/dev/null)"; done';

/** Reads the lines of `ROUTES`. */
export function parseRoutes(text: string): HostReach['addresses'] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [address = '', ...rest] = line.split(' ');
      const json = rest.join(' ').trim();
      const [way] = json === '' ? [] : route.parse(JSON.parse(json));
      return { address, device: way?.type === 'unreachable' ? null : (way?.dev ?? null) };
    });
}

/** Reads what `ss -Hlntu` says. */
export function parseListeners(text: string): string[] {
  const found = text.split('\n').flatMap((line) => {
    const [protocol = '', , , , local = ''] = line.trim().split(/\s+/);
    return local === '' ? [] : [`${protocol} ${local}`];
  });
  return [...new Set(found)].toSorted();
}

/** Names of abstract sockets in the text of /proc/net/unix. */
export function parseAbstract(text: string): string[] {
  return text
    .split('\n')
    .flatMap((line) => /\s(@\S+)$/.exec(line)?.[1] ?? [])
    .toSorted();
}

/** Those of the well-known sockets that are one and the same file in the node and here. */
async function hostSockets(node: RunningNode): Promise<string[]> {
  const here = new Map<string, string>();
  for (const path of WELL_KNOWN) {
    const found = await stat(path).catch(() => null);
    if (found?.isSocket() === true) here.set(path, `${found.dev}:${found.ino}`);
  }
  if (here.size === 0) return [];
  // Fails where one of them is missing, as it should be; what it found is told all the same.
  const { stdout } = await node.exec(['stat', '-L', '-c', '%n %d:%i', ...here.keys()]);
  return stdout
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([path = '', file]) => (here.get(path) === file && file !== undefined ? [path] : []));
}
