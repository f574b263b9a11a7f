// SPDX-License-Identifier: Apache-2.0
import type { GateClass } from '../../core/gate.ts';
import { matcher, type Subject } from './row.ts';
import { glob } from '../globs.ts';

/** What an owner's row says of an attempt. */
export interface OwnerRow {
  readonly class: string;
  readonly what: string | null;
  /** Null: the class's own advice. */
  readonly remedy: string | null;
}

/** The rows of gate.yaml, in their order; they come before the table. */
export class OwnerRows {
  readonly #rows: readonly { readonly row: OwnerRow; readonly fits: (subject: OwnerSubject) => boolean }[];

  constructor(classes: readonly GateClass[] = []) {
    this.#rows = classes.map((given) => {
      const { destination, port, protocol, program, image, owner, path } = given.match;
      const inTable = matcher({
        ...(port === undefined ? {} : { ports: [port] }),
        ...(protocol === undefined ? {} : { protocols: [protocol] }),
        ...(program === undefined ? {} : { programs: [program] }),
        ...(image === undefined ? {} : { images: [image] }),
        ...(path === undefined ? {} : { paths: [path] }),
      });
      const asksTable = [port, protocol, program, image, path].some((each) => each !== undefined);
      const place = destination === undefined ? null : glob(destination);
      const who = owner === undefined ? null : glob(owner);
      return {
        row: { class: given.class, what: given.what ?? null, remedy: given.remedy ?? null },
        fits: (subject) =>
          (asksTable || place !== null || who !== null) &&
          (!asksTable || inTable(subject)) &&
          (place === null || [subject.name, subject.address].some((text) => text !== null && place(text))) &&
          (who === null || subject.owners.some(who)),
      };
    });
  }

  /** The first row that fits; null when none does. */
  find(subject: OwnerSubject): OwnerRow | null {
    return this.#rows.find(({ fits }) => fits(subject))?.row ?? null;
  }
}

/** `owners`: the spellings of the culprit's owner, `Kind/name` and `namespace/Kind/name`. */
export interface OwnerSubject extends Subject {
  readonly owners: readonly string[];
}
