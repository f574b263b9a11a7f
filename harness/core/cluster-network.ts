// SPDX-License-Identifier: Apache-2.0

/** What a cluster calls its own: ranges as CIDR, and the domain that its DNS answers for. */
export interface ClusterNetwork {
  readonly pods: readonly string[];
  readonly services: readonly string[];
  readonly clusterDomain: string;
}

/** What K3s takes when its configuration says nothing (`k3s server --help`). */
export const DEFAULT_NETWORK: ClusterNetwork = {
  pods: ['10.42.0.0/16'],
  services: ['10.43.0.0/16'],
  clusterDomain: 'cluster.local',
};
