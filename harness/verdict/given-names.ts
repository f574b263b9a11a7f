// SPDX-License-Identifier: Apache-2.0
import { type Culprit, ownerKey } from './culprit.ts';
import type { Sighting } from './sighting.ts';
import { type Wish, type WishedDestination, type Wishes, wishKey } from './wishes.ts';

/** Addresses that the fake DNS gave for names (profile `trap`): who connects to one wishes for the name. */
export class GivenNames {
  readonly #byAddress = new Map<string, string>();
  /** Who asked, by who connects and the name: all questions are known before the first connection is judged. */
  readonly #asked = new Map<string, Wish | null>();

  constructor(sightings: readonly Sighting[]) {
    for (const { answer, name } of sightings)
      if (answer !== null && name !== null) this.#byAddress.set(answer, name);
  }

  /** True for what was sent to such an address. */
  has({ protocol, address }: Sighting): boolean {
    return protocol !== 'dns' && address !== null && this.#byAddress.has(address);
  }

  /**
   * The wish that a connection belongs to: the question for the name when the same workload asked it, since both are one wish
   * and its id is that of a run in which the name did not exist; else one of its own, by name, whatever the address is.
   */
  wishOf(wishes: Wishes, culprit: Culprit, place: WishedDestination): Wish {
    const name = place.address === null ? undefined : this.#byAddress.get(place.address);
    if (name === undefined) return wishes.of(culprit, place);
    const question = { protocol: 'dns', address: null, port: 53, name };
    const key = wishKey(culprit, question);
    let asked = this.#asked.get(key);
    if (asked === undefined) {
      asked = wishes.find(culprit, question) ?? onlyOneOf(wishes, culprit, name);
      this.#asked.set(key, asked);
    }
    if (asked === null) return wishes.of(culprit, { ...place, address: null, name });
    wishes.meet(asked, culprit);
    return asked;
  }
}

/** Of the same workload, where its container is known for the question or for the connection alone. */
function onlyOneOf(wishes: Wishes, culprit: Culprit, name: string): Wish | null {
  const owner = ownerKey(culprit);
  const asked = wishes
    .list()
    .filter(
      (wish) =>
        wish.destination.protocol === 'dns' &&
        wish.destination.name === name &&
        ownerKey(wish.culprit) === owner &&
        (wish.culprit.container === null || culprit.container === null),
    );
  return asked.length === 1 ? (asked[0] ?? null) : null;
}
