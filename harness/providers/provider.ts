// SPDX-License-Identifier: Apache-2.0
import type { NodeSpec, PreparedNode } from '../core/node.ts';
import type { Session } from './session.ts';

/** What a node is made of, as `--provider` names it; in the order in which `auto` tries them: the quickest first. */
export const PROVIDERS = ['netns', 'container', 'vm'] as const;
export type ProviderId = (typeof PROVIDERS)[number];

/** Programs of the node image that starting a node of that kind takes (docs/node-image.md). */
export const IMAGE_NEEDS: Readonly<Record<ProviderId, readonly string[]>> = {
  netns: [],
  container: ['env'], // its first process is a shell that becomes the agent, without what the engine put into its environment
  vm: [],
};

/** Makes nodes of one kind. What differs between kinds ends here: above, a node is a node. */
export interface NodeProvider {
  readonly id: ProviderId;
  /**
   * Makes a node whose link ends in the session's sink (`<label>-sink`, which the gap made) and whose launcher waits.
   * Disposing it ends it, booted or not. Throws HarnessError; what was made until then is removed.
   */
  prepare(session: Session, spec: NodeSpec): Promise<PreparedNode>;
}
