// SPDX-License-Identifier: Apache-2.0

/**
 * What K3s packages besides CoreDNS, named as its `--disable` names them (helm-controller: `--disable-helm-controller`). A real K3s has
 * all of them; the stand-in has an image archive for each, and runs those whose archive it is given.
 */
export const K3S_PARTS = [
  'helm-controller',
  'local-storage',
  'metrics-server',
  'servicelb',
  'traefik',
] as const;
export type K3sPart = (typeof K3S_PARTS)[number];

/** What each part gives, in words for a person. */
export const PART_GIVES: Readonly<Record<K3sPart, string>> = {
  'helm-controller': 'the controller of HelmChart objects',
  'local-storage': 'the default StorageClass',
  'metrics-server': 'the metrics API',
  servicelb: 'addresses for Services of type LoadBalancer',
  traefik: 'the ingress controller',
};
