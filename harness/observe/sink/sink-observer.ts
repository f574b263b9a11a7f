// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';
import type { Destination, Endpoint } from '../../core/events.ts';
import { type Folded, FOLD_NS, SecondFold } from '../second-fold.ts';
import { ToldChild } from '../told-child.ts';
import type { GuardedChild } from '../guarded-child.ts';
import type { ObserverOptions } from '../options.ts';
import { type SinkLine, sinkLine } from './server-lines.ts';

type Visit = Extract<SinkLine, { say: 'visit' }>;

interface Seen {
  readonly from: Endpoint;
  readonly to: Destination;
  readonly text: string;
}

const MOST_TEXT = 400;

/** Turns what the sink's listener heard into sightings: where each connection wanted to go, and what it asked for there. */
export class SinkObserver extends ToldChild {
  readonly id = 'sink';
  readonly #isProxy: boolean;
  readonly #listening = Promise.withResolvers<void>();
  readonly #fold: SecondFold<Seen>;
  #received = 0;
  #lost = 0;

  /** @param isProxy the listener is the site's proxy: a request's target is where it wanted to go */
  constructor(options: ObserverOptions, child: GuardedChild, isProxy: boolean) {
    super(options, child);
    this.#isProxy = isProxy;
    this.#fold = new SecondFold((folded) => this.#write(folded));
  }

  /** Resolves when the listener stands. */
  get listening(): Promise<void> {
    return this.#listening.promise;
  }

  protected get count(): { readonly received: number; readonly lost: number } {
    return { received: this.#received, lost: this.#lost };
  }

  protected take(line: unknown): void {
    const said = sinkLine.parse(line);
    switch (said.say) {
      case 'listening':
        return this.#listening.resolve();
      case 'flushed':
        this.#lost = said.lost;
        this.#fold.closeAll();
        return this.answered(said.order);
      case 'visit':
        return this.#add(said);
    }
  }

  #add(visit: Visit): void {
    this.#received += 1;
    const at = this.options.clock.fromMonotonic(BigInt(visit.at));
    const to = this.#isProxy ? targetOf(visit) : destinationOf(visit);
    if (to === null) return;
    this.#fold.closeBefore(at - FOLD_NS);
    this.#fold.add(`${visit.from.address}|${JSON.stringify(to)}`, at, {
      from: visit.from,
      to,
      text: textOf(visit),
    });
  }

  #write({ item: { from, to, text }, at, last, count }: Folded<Seen>): void {
    const { log, node } = this.options;
    const raw = { text: text.slice(0, MOST_TEXT) };
    log.append({ type: 'sighting', observer: this.id, last, count, from, to, raw }, { at, node });
  }
}

function destinationOf({ to, words }: Visit): Destination {
  const place = { protocol: 'tcp', address: to.address, port: to.port } as const;
  if (words.kind === 'tls') return words.sni === null ? place : { ...place, sni: words.sni };
  if (words.kind !== 'http') return place;
  return { ...place, ...(words.host === null ? {} : { host: hostOf(words.host) }), path: words.path };
}

/** What a proxy was asked for; null when it was asked for nothing. */
function targetOf({ words }: Visit): Destination | null {
  if (words.kind !== 'http' || words.host === null) return null;
  const port = portOf(words.host) ?? (words.method === 'CONNECT' ? 443 : 80);
  const host = hostOf(words.host);
  const place = isIP(host) === 0 ? { name: host } : { address: host };
  return { protocol: 'tcp', ...place, port, ...(words.path === '' ? {} : { path: words.path }) };
}

function hostOf(authority: string): string {
  return authority.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

function portOf(authority: string): number | null {
  const port = /:(\d+)$/.exec(authority)?.[1];
  return port === undefined ? null : Number(port);
}

function textOf({ to, words }: Visit): string {
  const place = to.address.includes(':') ? `[${to.address}]:${to.port}` : `${to.address}:${to.port}`;
  switch (words.kind) {
    case 'tls': {
      const name = words.sni === null ? 'without a server name' : `for server name ${words.sni}`;
      const protocols = words.alpn.length === 0 ? '' : `, offers ${words.alpn.join(', ')}`;
      return `${place}: TLS ${name}${protocols}`;
    }
    case 'http':
      return `${place}: ${words.method} ${words.host ?? ''}${words.path}`;
    case 'bytes':
      return `${place}: began with bytes ${words.hex}`;
    case 'nothing':
      return `${place}: said nothing`;
  }
}
