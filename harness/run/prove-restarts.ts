// SPDX-License-Identifier: Apache-2.0
import { type CanaryStage, planCanaries } from '../observe/canary/plan.ts';
import { runNodeCanaries, runPodCanaries } from '../observe/canary/run.ts';
import { CANARY_NAMESPACE } from '../plan/plan.ts';
import { flushAll, type ProveContext } from './prove.ts';

/**
 * Canaries after each restart of a node, in a stage of their own (`restart-1` ...): observers that ended and started with the
 * node see as before. Whoever restarts it (RunningNode.reboot), they are made from the node; from pods when Kubernetes is back.
 */
export class Restarts {
  readonly #context: ProveContext;
  #count = 0;

  /** Follows the node of a site that is up, and whose observers follow it already. */
  constructor(context: ProveContext) {
    this.#context = context;
    context.site.node.onReboot({ runs: async () => await this.#fromNode() });
  }

  /** Restarts the node and its Kubernetes, and makes canaries from all places. Throws HarnessError. */
  async restart(): Promise<void> {
    const { site, log, signal } = this.#context;
    await site.restart();
    const where = { log, namespace: CANARY_NAMESPACE, image: site.helper.image, signal };
    await Promise.all(
      (['host-network-pod', 'pod'] as const).map(
        async (place) => await runPodCanaries(site.cluster, this.#plan(place), where),
      ),
    );
    await flushAll(site);
  }

  async #fromNode(): Promise<void> {
    const { site, log, signal } = this.#context;
    this.#count += 1;
    await runNodeCanaries(site.node, this.#plan('node'), { log, signal });
  }

  #plan(place: Parameters<typeof planCanaries>[0]['place']): ReturnType<typeof planCanaries> {
    const { site, plan } = this.#context;
    const stage: CanaryStage = `restart-${this.#count}`;
    return planCanaries({
      place,
      stage,
      link: site.link,
      profile: plan.profile,
      available: plan.observers,
    });
  }
}
