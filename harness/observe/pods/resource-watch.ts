// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiException, type KubeConfig, Watch } from '@kubernetes/client-node';
import { HarnessError, reasonOf } from '../../core/errors.ts';

export interface Listed<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

export interface ResourceWatchOptions<T> {
  readonly config: KubeConfig;
  /** e.g. `/api/v1/pods`. */
  readonly path: string;
  list(): Promise<Listed<T>>;
  /** Called for each object as it was listed, added, changed or deleted; the same state may come more than once. */
  onObject(object: T): void;
  /** Milliseconds within which a lost watch has to be there again. */
  readonly restoreMs: number;
  /** The watch could not be restored in time. Called once for each time it was lost. */
  onLost(reason: string): void;
}

const AGAIN_MS = 250;
/** The version that was asked for is no longer known: list again. */
const GONE = 410;

interface WatchObject {
  readonly metadata?: { readonly resourceVersion?: string };
  readonly code?: number;
  readonly message?: string;
}

/** Lists, then watches from there on, and does both again when the connection is lost. */
export class ResourceWatch<T> implements AsyncDisposable {
  readonly #options: ResourceWatchOptions<T>;
  readonly #stop = new AbortController();
  #version: string | null = null;
  /** Connections so far, and the one that ended on purpose, until another is up. */
  #round = 0;
  #awayRound: number | null = null;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: ResourceWatchOptions<T>) {
    this.#options = options;
  }

  /** Resolves when all that exists has been taken. Throws HarnessError when the API server cannot be asked. */
  async start(): Promise<void> {
    await this.listNow();
    this.#loop = this.#run();
  }

  /** Takes everything as it is now. Throws HarnessError when that cannot be had in time. */
  async listNow(): Promise<void> {
    for (const start = performance.now(); ; await sleep(AGAIN_MS)) {
      try {
        const { items, resourceVersion } = await this.#options.list();
        this.#version = resourceVersion;
        for (const item of items) this.#options.onObject(item);
        return;
      } catch (error) {
        if (this.#stop.signal.aborted || performance.now() - start > this.#options.restoreMs) {
          const path = this.#options.path;
          throw new HarnessError(`the API server does not list ${path}: ${describe(error)}`, {
            code: 'harness',
            cause: error,
          });
        }
      }
    }
  }

  /** The API server is ended on purpose: until it answers again, however long that takes, nothing is lost by that. */
  expectAway(): void {
    this.#awayRound = this.#round;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let lostAt: number | null = null;
    let isTold = false;
    while (!signal.aborted) {
      this.#round += 1;
      const failure = await this.#watchOnce(() => {
        lostAt = null;
        isTold = false;
        if (this.#round !== this.#awayRound) this.#awayRound = null;
      });
      if (failure === null || signal.aborted) continue;
      if (this.#awayRound !== null) lostAt = null;
      lostAt ??= performance.now();
      if (!isTold && performance.now() - lostAt > this.#options.restoreMs) {
        isTold = true;
        this.#options.onLost(failure);
      }
      await sleep(AGAIN_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** Watches until the connection ends. Null when it was up, else the reason why not. */
  async #watchOnce(onUp: () => void): Promise<string | null> {
    try {
      if (this.#version === null) await this.#relist();
    } catch (error) {
      return describe(error);
    }
    const { config, path } = this.#options;
    const ended = Promise.withResolvers<unknown>();
    let isUp = false;
    const up = (): void => {
      isUp = true;
      onUp();
    };
    const query = { resourceVersion: this.#version ?? undefined, allowWatchBookmarks: true };
    const taken = (phase: string, object: T & WatchObject): void => {
      up();
      this.#take(phase, object);
    };
    const controller = await new Watch(config).watch(path, query, taken, (error) => ended.resolve(error));
    const abort = (): void => controller.abort();
    this.#stop.signal.addEventListener('abort', abort);
    if (this.#stop.signal.aborted) abort();
    const quick = await Promise.race([ended.promise, sleep(1000, 'up' as const, { ref: false })]);
    if (quick === 'up') up(); // nothing has to happen in a cluster at rest
    const error = quick === 'up' ? await ended.promise : quick;
    this.#stop.signal.removeEventListener('abort', abort);
    return isUp || error === null || error === undefined ? null : describe(error);
  }

  async #relist(): Promise<void> {
    const { items, resourceVersion } = await this.#options.list();
    this.#version = resourceVersion;
    for (const item of items) this.#options.onObject(item);
  }

  #take(phase: string, object: T & WatchObject): void {
    if (phase === 'ERROR') {
      if (object.code === GONE) this.#version = null;
      return;
    }
    this.#version = object.metadata?.resourceVersion ?? this.#version;
    if (phase !== 'BOOKMARK') this.#options.onObject(object);
  }
}

function describe(error: unknown): string {
  if (error instanceof ApiException) return `it answered ${error.code}`;
  const reason = reasonOf(error);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
  return reason.includes(cause) ? reason : `${reason} (${cause})`;
}
