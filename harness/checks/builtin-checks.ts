// SPDX-License-Identifier: Apache-2.0
import type { Check } from '../core/cluster.ts';
import { certificates } from './certificates.ts';
import { clusterDns } from './cluster-dns.ts';
import { imagesAgain } from './images-again.ts';
import { ingresses } from './ingresses.ts';
import { imagesPresent } from './images-present.ts';
import { loadBalancers } from './load-balancers.ts';
import { metricsApi } from './metrics-api.ts';
import { noImagePulls } from './no-image-pulls.ts';
import { noRestarts } from './no-restarts.ts';
import { nodeReady } from './node-ready.ts';
import { podsComeBack } from './pods-come-back.ts';
import { requirements } from './requirements.ts';
import { servicesReachable } from './services-reachable.ts';
import { volumes } from './volumes.ts';
import { workloadsAvailable } from './workloads-available.ts';

/** What every run asks, in this order within each phase. */
export const builtinChecks: readonly Check[] = [
  nodeReady,
  requirements,
  imagesPresent,
  workloadsAvailable,
  clusterDns,
  servicesReachable,
  volumes,
  loadBalancers,
  ingresses,
  metricsApi,
  certificates,
  noRestarts,
  imagesAgain,
  podsComeBack,
  noImagePulls,
];
