// SPDX-License-Identifier: Apache-2.0
import { stat } from 'node:fs/promises';
import type { Assets } from '../../core/assets.ts';
import { hostRunner } from '../../core/runner.ts';
import { IMAGE_NEEDS, type ProviderId } from '../../providers/provider.ts';

/** What the harness itself runs inside a node; everything else it needs there comes with its own static program. */
const HARNESS = [
  'sh', // scripts of a few lines
  'cat',
  'chmod',
  'dirname',
  'grep',
  'mkdir',
  'mv',
  'rm',
  'setsid', // K3s gets a session of its own, as from a service manager
  'sleep',
  'stat',
  'tail', // the end of K3s's log
  'tar', // folders of a bundle
] as const;

/** What the stand-in calls, as upstream Kubernetes does; K3s brings these in its own data folder. */
const STAND_IN = [
  'runc', // containerd's shim
  'mount', // kubelet: volumes
  'umount',
  'iptables', // CNI plugins
  'iptables-save', // kube-proxy
  'iptables-restore',
] as const;

/** Programs that the root file system of a node must have, for this Kubernetes and this provider. */
export async function nodeNeeds(
  binary: string,
  { k3s }: Pick<Assets, 'k3s'>,
  provider: ProviderId,
): Promise<readonly string[]> {
  const isStandIn = k3s.standIn && (await isSameFile(binary, k3s.binary));
  return [...HARNESS, ...IMAGE_NEEDS[provider], ...(isStandIn ? STAND_IN : [])];
}

/** A bundle's K3s may be the stand-in: told by its content, since no program of a bundle runs on the host. */
async function isSameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([stat(a), stat(b)]);
  if (one.ino === other.ino && one.dev === other.dev) return true;
  return one.size === other.size && (await hostRunner.run(['cmp', '-s', '--', a, b])).exitCode === 0;
}
