// SPDX-License-Identifier: Apache-2.0
import { BlockList, isIP } from 'node:net';
import { type ClusterNetwork, DEFAULT_NETWORK } from '../core/cluster-network.ts';
import type { ConfigFile } from '../core/config-file.ts';
import { type Problem, problemsError } from '../core/yaml-file.ts';

const KEYS = { pods: 'cluster-cidr', services: 'service-cidr' } as const;
type RangeKey = (typeof KEYS)[keyof typeof KEYS];

/** RFC 1918, RFC 6598 (shared address space), RFC 4193 (unique local). */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'];
/** The link between node, sink and witness (harness/gap). */
const HARNESS = ['10.98.0.0/15', 'fd98::/16', 'fd99::/16'];

/**
 * The ranges of pods and services and the cluster's domain, from K3s's config.yaml. A bundle says by them what is inside, so
 * they must be private: with `cluster-cidr: 0.0.0.0/0` nothing would ever be an attempt.
 *
 * @throws HarnessError (bundle) with file:line:column of each range that cannot be used
 */
export function clusterNetwork(
  file: string,
  config: ConfigFile<Readonly<Record<string, unknown>>>,
): ClusterNetwork {
  const { value } = config;
  const problems: Problem[] = [];
  const rangesOf = (key: RangeKey, otherwise: readonly string[]): readonly string[] => {
    const ranges = listOf(value[key]);
    for (const range of ranges) {
      const reason = whyNot(range);
      if (reason !== null)
        problems.push({ position: config.positionOf([key]), message: `${key}: ${reason}` });
    }
    return ranges.length === 0 ? otherwise : ranges;
  };
  const network = {
    pods: rangesOf(KEYS.pods, DEFAULT_NETWORK.pods),
    services: rangesOf(KEYS.services, DEFAULT_NETWORK.services),
    clusterDomain: listOf(value['cluster-domain'])[0] ?? DEFAULT_NETWORK.clusterDomain,
  };
  if (problems.length > 0) throw problemsError(file, problems, 'bundle');
  return network;
}

/** As K3s reads it: a list, or one text with commas. */
function listOf(value: unknown): string[] {
  const entries: readonly unknown[] = [value].flat();
  return entries
    .flatMap((entry) => (typeof entry === 'string' ? entry.split(',') : []))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function whyNot(range: string): string | null {
  const [address = '', length = ''] = range.split('/');
  const family = isIP(address);
  const prefix = /^\d+$/.test(length) ? Number(length) : -1;
  if (family === 0 || prefix < 0 || prefix > (family === 4 ? 32 : 128))
    return `"${range}" is no address range such as 10.42.0.0/16`;
  const within = PRIVATE.some((outer) => isWithin(address, prefix, outer));
  if (!within)
    return `"${range}" is not private (${PRIVATE.join(', ')}): what goes there cannot be told from what leaves the site`;
  const taken = HARNESS.find((own) => isWithin(address, prefix, own) || isWithin(...split(own), range));
  return taken === undefined ? null : `"${range}" overlaps ${taken}, which the simulated site uses itself`;
}

/** True when the range that starts at `address` lies wholly in `outer`. */
function isWithin(address: string, prefix: number, outer: string): boolean {
  const [start, length] = split(outer);
  if (isIP(start) !== isIP(address) || prefix < length) return false;
  const list = new BlockList();
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  list.addSubnet(start, length, family);
  return list.check(address, family);
}

function split(range: string): [string, number] {
  const [address = '', length] = range.split('/');
  return [address, Number(length)];
}
