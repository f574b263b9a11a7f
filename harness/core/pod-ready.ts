// SPDX-License-Identifier: Apache-2.0
import type { V1Pod } from '@kubernetes/client-node';

/** True when the kubelet says that the pod serves: its condition `Ready` is true. */
export function isPodReady({ status }: V1Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}
