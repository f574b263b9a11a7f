// SPDX-License-Identifier: Apache-2.0
import type { InsideRanges } from '../core/events.ts';
import type { Sighting } from './sighting.ts';
import { placeKey } from './sighting.ts';

/** The site's proxy, in profile `proxy`: who connects to it wishes for what it is asked for. */
export class Proxied {
  readonly #proxy: InsideRanges['proxy'];

  constructor(inside: Pick<InsideRanges, 'proxy'>) {
    this.#proxy = inside.proxy;
  }

  /** The place of the proxy itself; null where there is none. */
  get place(): string | null {
    return this.#proxy === undefined ? null : placeKey('tcp', this.#proxy.address, this.#proxy.port);
  }

  /** True for a connection to the proxy: a means, no wish. */
  isToProxy({ protocol, address, port }: Sighting): boolean {
    return this.place !== null && placeKey(protocol, address, port) === this.place;
  }

  /** True for what the proxy was asked for. */
  isRequest({ observer }: Sighting): boolean {
    return this.#proxy !== undefined && observer === 'sink';
  }
}
