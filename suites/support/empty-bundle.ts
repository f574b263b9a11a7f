// SPDX-License-Identifier: Apache-2.0
import type { Bundle } from '../../harness/core/bundle.ts';
import { DEFAULT_NETWORK } from '../../harness/core/cluster-network.ts';

/** A bundle that brings nothing: tests spread what they need over it. */
export const EMPTY_BUNDLE: Bundle = {
  name: 'test',
  version: '1',
  format: 'bundle.yaml',
  root: '/nonexistent',
  digest: `sha256:${'0'.repeat(64)}`,
  items: [],
  images: [],
  kubernetes: {
    binary: null,
    imageArchives: [],
    config: null,
    registries: null,
    mirrors: [],
    defaultEndpointDisabled: false,
    network: DEFAULT_NETWORK,
  },
  imageArchives: [],
  registryArchives: [],
  manifests: [],
  objects: [],
  charts: [],
  staticCharts: [],
  inlineCharts: [],
  helm: null,
  requirements: { nodes: 1, memoryMiB: null, ownKernel: false },
  checks: [],
  ignored: [],
};
