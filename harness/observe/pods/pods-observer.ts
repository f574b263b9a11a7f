// SPDX-License-Identifier: Apache-2.0
import { AppsV1Api, BatchV1Api, type CoreV1Event, CoreV1Api, type V1Pod } from '@kubernetes/client-node';
import { reasonOf } from '../../core/errors.ts';
import type { EventBody } from '../../core/events.ts';
import type { RebootListener } from '../../core/node.ts';
import type { RunningObserver } from '../../core/observer.ts';
import type { ObserverOptions } from '../options.ts';
import { Owners } from './owners.ts';
import { podFacts, podRefOf, waitingPulls } from './pod-facts.ts';
import { lastTimeOf, pullOf } from './pull-facts.ts';
import type { PodsOptions } from './pods-options.ts';
import { ResourceWatch } from './resource-watch.ts';

/** Kubernetes writes times in whole seconds: one that is no older than this happened just now. */
const JUST_NOW_MS = 2_000;

/** Follows pods and the events about their images. */
export class PodsObserver implements RunningObserver, RebootListener {
  readonly id = 'pods';
  readonly #options: ObserverOptions;
  readonly #owners: Owners;
  readonly #pods: ResourceWatch<V1Pod>;
  readonly #events: ResourceWatch<CoreV1Event>;
  /** What was last written, by uid, as JSON: the same state may come more than once. */
  readonly #written = new Map<string, string>();
  readonly #images = new Map<string, string>();
  readonly #seenEvents = new Map<string, number>();
  readonly #seenWaits = new Set<string>();
  /** Objects are taken one after the other, since finding an owner takes a request. */
  #queue: Promise<void> = Promise.resolve();
  #received = 0;
  #isLost = false;
  #stopping = false;
  #stopped: Promise<void> | undefined;

  constructor(options: PodsOptions) {
    const { config, restoreMs = 15_000 } = options;
    const core = config.makeApiClient(CoreV1Api);
    this.#options = options;
    this.#owners = new Owners({
      apps: config.makeApiClient(AppsV1Api),
      batch: config.makeApiClient(BatchV1Api),
    });
    this.#pods = new ResourceWatch<V1Pod>({
      config,
      restoreMs,
      path: '/api/v1/pods',
      list: async () => listed(await core.listPodForAllNamespaces()),
      onObject: (pod) => this.#enqueue(async () => await this.#pod(pod)),
      onLost: (reason) => this.#lost('pods', reason),
    });
    this.#events = new ResourceWatch<CoreV1Event>({
      config,
      restoreMs,
      path: '/api/v1/events',
      list: async () => listed(await core.listEventForAllNamespaces()),
      onObject: (event) => this.#enqueue(() => this.#event(event)),
      onLost: (reason) => this.#lost('events', reason),
    });
  }

  /** Takes what is there and follows it. Throws HarnessError when the API server cannot be asked. */
  async start(): Promise<void> {
    await this.#pods.start();
    await this.#events.start();
    await this.#queue;
  }

  /** The node is restarted, and its API server with it: what is asked of it meanwhile (`flush`) fails as ever. */
  async ends(): Promise<void> {
    this.#pods.expectAway();
    this.#events.expectAway();
    await Promise.resolve();
  }

  /** The API server's list is complete: whatever it knew at the call is in it. */
  async flush(): Promise<void> {
    try {
      await this.#pods.listNow();
      await this.#events.listNow();
    } catch (error) {
      if (!this.#stopping) this.#lost('pods', reasonOf(error));
    }
    await this.#queue;
    const { log, node } = this.#options;
    const lost = this.#isLost ? 'unknown' : 0;
    log.append({ type: 'health', observer: this.id, received: this.#received, lost }, { node });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped ??= this.#stop();
    await this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([this.#pods[Symbol.asyncDispose](), this.#events[Symbol.asyncDispose]()]);
    await this.flush();
  }

  #enqueue(take: () => void | Promise<void>): void {
    this.#received += 1;
    this.#queue = this.#queue.then(take).catch((error: unknown) => this.#lost('an object', reasonOf(error)));
  }

  #lost(what: string, reason: string): void {
    this.#isLost = true;
    const message = `the watch of ${what} was lost and did not come back: ${reason}`;
    this.#append({ type: 'fault', source: this.id, message });
  }

  async #pod(pod: V1Pod): Promise<void> {
    const ref = podRefOf(pod);
    if (ref === null) return;
    const owner = await this.#owners.of(pod.metadata ?? {});
    const facts = podFacts(pod, ref, owner);
    const text = JSON.stringify(facts);
    if (this.#written.get(ref.uid) !== text) {
      this.#written.set(ref.uid, text);
      for (const { name, image } of facts.containers) this.#images.set(`${ref.uid}/${name}`, image);
      this.#append(facts);
    }
    for (const pull of waitingPulls(pod, ref)) {
      const wait = `${ref.uid}|${pull.container}|${pull.message}`;
      if (this.#seenWaits.has(wait)) continue;
      this.#seenWaits.add(wait);
      this.#append(pull);
    }
  }

  #event(event: CoreV1Event): void {
    const pull = pullOf(event, (uid, container) => this.#images.get(`${uid}/${container}`) ?? null);
    const { uid = '' } = event.metadata;
    const count = event.series?.count ?? event.count ?? 1;
    if (pull === null || (this.#seenEvents.get(uid) ?? 0) >= count) return;
    this.#seenEvents.set(uid, count);
    const { clock } = this.#options;
    const now = clock.now();
    const time = lastTimeOf(event);
    const told = time === null ? now : clock.fromRealtime(BigInt(time.getTime()) * 1_000_000n);
    this.#append(pull, now - told > JUST_NOW_MS * 1e6 ? told : now);
  }

  #append(body: EventBody, at = this.#options.clock.now()): void {
    this.#options.log.append(body, { at, node: this.#options.node });
  }
}

function listed<T>(list: {
  readonly items: T[];
  readonly metadata?: { readonly resourceVersion?: string };
}): {
  items: T[];
  resourceVersion: string;
} {
  return { items: list.items, resourceVersion: list.metadata?.resourceVersion ?? '' };
}
