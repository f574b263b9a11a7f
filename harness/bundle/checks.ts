// SPDX-License-Identifier: Apache-2.0
import type { CheckSpec } from '../core/bundle.ts';
import type { BundleDocument } from './schema.ts';

/** A check of bundle.yaml with its defaults filled in and without the members that were not given. */
export function checkSpec(check: BundleDocument['checks'][number]): CheckSpec {
  const head = { id: check.id, ...defined({ title: check.title }) };
  if (check.http !== undefined) {
    const { url, status, contains, from } = check.http;
    return { ...head, http: { url, status, from, ...defined({ contains }) } };
  }
  if (check.command !== undefined) {
    const { pod, run, exitCode, contains } = check.command;
    return {
      ...head,
      command: { run, exitCode, ...defined({ contains }), ...(pod === undefined ? {} : { pod: podOf(pod) }) },
    };
  }
  if (check.condition !== undefined) {
    const { apiVersion, kind, namespace, name, condition, status } = check.condition;
    return { ...head, condition: { apiVersion, kind, name, condition, status, ...defined({ namespace }) } };
  }
  throw new Error(`unreachable: the schema gives each check one kind (${check.id})`);
}

type Pod = NonNullable<NonNullable<BundleDocument['checks'][number]['command']>['pod']>;

function podOf({ namespace, selector, container }: Pod): {
  namespace: string;
  selector: string;
  container?: string;
} {
  return { namespace, selector, ...defined({ container }) };
}

/** The members that have a value: `exactOptionalPropertyTypes` tells a missing member from an undefined one. */
function defined<K extends string>(members: Readonly<Record<K, string | undefined>>): { [P in K]?: string } {
  const entries = Object.entries<string | undefined>(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [P in K]?: string };
}
