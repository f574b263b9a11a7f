// SPDX-License-Identifier: Apache-2.0
import { canonicalAddress } from '../addresses.ts';
import { anyGlob } from '../globs.ts';

/** What a row asks of an attempt. All that is given must fit; of a list, one. Globs: `*` matches any run of characters. */
export interface When {
  /** Globs of the name asked for, or of the TLS server name. */
  readonly names?: readonly string[];
  /** Globs of addresses. */
  readonly addresses?: readonly string[];
  readonly ports?: readonly number[];
  /** As attempts name them: tcp, udp, dns, icmp ... */
  readonly protocols?: readonly string[];
  /** Globs of programs: the executable's name, or the script that an interpreter runs (programs.ts). */
  readonly programs?: readonly string[];
  /** Globs of the culprit's image. */
  readonly images?: readonly string[];
  /** Globs of the HTTP path, where a profile answered far enough to see it. */
  readonly paths?: readonly string[];
  /** True: only where no name is known. */
  readonly nameless?: boolean;
  /** True: only what no socket asked a route for. */
  readonly framesOnly?: boolean;
}

/** One row of the table: what an attempt is, and what to change. */
export interface Row {
  /** A class of core/attempt-classes.ts. */
  readonly class: string;
  /** What it is, for the remedy's sentence: `Traefik’s version check`. */
  readonly what: string;
  /** What to change; an imperative sentence. Null: the class's own advice is all that is known. */
  readonly setting: string | null;
  readonly when: When;
}

/** What rows look at. */
export interface Subject {
  readonly protocol: string;
  readonly name: string | null;
  readonly address: string | null;
  readonly port: number | null;
  readonly path: string | null;
  readonly image: string | null;
  readonly programs: readonly string[];
  readonly framesOnly: boolean;
}

export function row(className: string, what: string, setting: string | null, when: When): Row {
  return { class: className, what, setting, when };
}

/** A row that host names alone tell. */
export function known(
  className: string,
  what: string,
  setting: string | null,
  ...names: readonly string[]
): Row {
  return row(className, what, setting, { names });
}

/** True when all that a condition asks for fits; a condition that asks for nothing fits nothing. */
export function matcher(when: When): (subject: Subject) => boolean {
  const tests: ((subject: Subject) => boolean)[] = [];
  const text = (globs: readonly string[] | undefined, of: (subject: Subject) => string | null): void => {
    if (globs === undefined) return;
    const fits = anyGlob(globs);
    tests.push((subject) => {
      const value = of(subject);
      return value !== null && fits(value);
    });
  };
  text(when.names, ({ name }) => name);
  text(when.addresses?.map(canonicalAddress), ({ address }) => address);
  text(when.paths, ({ path }) => path);
  text(when.images, ({ image }) => image);
  if (when.programs !== undefined) {
    const fits = anyGlob(when.programs);
    tests.push(({ programs }) => programs.some(fits));
  }
  const { ports, protocols } = when;
  if (ports !== undefined) tests.push(({ port }) => port !== null && ports.includes(port));
  if (protocols !== undefined) tests.push(({ protocol }) => protocols.includes(protocol));
  if (when.nameless === true) tests.push(({ name }) => name === null);
  if (when.framesOnly === true) tests.push(({ framesOnly }) => framesOnly);
  return (subject) => tests.length > 0 && tests.every((test) => test(subject));
}
