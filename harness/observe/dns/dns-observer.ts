// SPDX-License-Identifier: Apache-2.0
import { ToldChild } from '../told-child.ts';
import { serverLine } from './server-lines.ts';

const MOST_TEXT = 400;

/** Turns what the fake DNS says into sightings. */
export class DnsObserver extends ToldChild {
  readonly id = 'dns';
  readonly #listening = Promise.withResolvers<void>();
  #received = 0;
  #dropped = 0;

  /** Resolves when the server listens. */
  get listening(): Promise<void> {
    return this.#listening.promise;
  }

  protected get count(): { readonly received: number; readonly lost: number } {
    return { received: this.#received, lost: this.#dropped };
  }

  protected take(line: unknown): void {
    const said = serverLine.parse(line);
    if (said.say === 'listening') return this.#listening.resolve();
    if (said.say === 'flushed') {
      this.#dropped = said.dropped;
      return this.answered(said.order);
    }
    const { transport, from, server, name, type, id, answer } = said;
    const { log, node, clock } = this.options;
    const at = clock.fromMonotonic(BigInt(said.at));
    const text = `${from.address} asked ${server} over ${transport} for ${type} ${name}`;
    this.#received += 1;
    log.append(
      {
        type: 'sighting',
        observer: this.id,
        last: at,
        count: 1,
        from,
        ...(answer === undefined ? {} : { answer }),
        to: { protocol: 'dns', address: server, port: 53, name, question: { type, transport, id } },
        raw: { text: text.slice(0, MOST_TEXT) },
      },
      { at, node },
    );
  }
}
