// SPDX-License-Identifier: Apache-2.0
import type { ImageSpec } from '../image-spec.ts';

export const CANARY_REFERENCE = 'airgap.local/canary:1';

/** The harness's own image: its helper program, making attempts that every observer must see. */
export function canaryImage(agent: string): ImageSpec {
  return {
    references: [CANARY_REFERENCE],
    layers: [{ entries: [{ path: 'airgap-node', from: agent }] }],
    config: { entrypoint: ['/airgap-node', 'canary'] },
  };
}
