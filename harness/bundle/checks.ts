// SPDX-License-Identifier: Apache-2.0
import type { CheckSpec } from '../core/bundle.ts';
import type { BundleDocument } from './schema.ts';

type Check = BundleDocument['checks'][number];

/** A check of bundle.yaml with its defaults filled in and without the members that were not given. */
export function checkSpec({ id, title, http, command, condition }: Check): CheckSpec {
  const head = { id, ...(title === undefined ? {} : { title }) };
  if (http !== undefined) return { ...head, http: httpOf(http) };
  if (command !== undefined) return { ...head, command: commandOf(command) };
  if (condition !== undefined) return { ...head, condition: conditionOf(condition) };
  throw new Error(`unreachable: the schema gives each check one kind (${id})`);
}

type Of<K extends string> = CheckSpec extends infer T ? (T extends Record<K, infer V> ? V : never) : never;

function httpOf({ url, status, from, contains }: NonNullable<Check['http']>): Of<'http'> {
  return { url, status, from, ...(contains === undefined ? {} : { contains }) };
}

function commandOf({ pod, run, exitCode, contains }: NonNullable<Check['command']>): Of<'command'> {
  return {
    ...(pod === undefined ? {} : { pod: podOf(pod) }),
    run,
    exitCode,
    ...(contains === undefined ? {} : { contains }),
  };
}

type Pod = NonNullable<NonNullable<Check['command']>['pod']>;

function podOf({ namespace, selector, container }: Pod): NonNullable<Of<'command'>['pod']> {
  return { namespace, selector, ...(container === undefined ? {} : { container }) };
}

function conditionOf({ namespace, ...rest }: NonNullable<Check['condition']>): Of<'condition'> {
  return { ...rest, ...(namespace === undefined ? {} : { namespace }) };
}
