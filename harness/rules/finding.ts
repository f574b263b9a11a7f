// SPDX-License-Identifier: Apache-2.0
import type { Bundle } from '../core/bundle.ts';
import type { EventBody } from '../core/events.ts';

/** A static defect of a bundle, as the log keeps it. */
export type Finding = Extract<EventBody, { readonly type: 'finding' }>;
/** `siteHosts`: names of the services that the gate says the site has, in lower case. */
export type Rule = (bundle: Bundle, siteHosts: ReadonlySet<string>) => Finding[];

/** `id` tells findings of one rule apart: rule and place. */
export function finding(
  rule: string,
  severity: Finding['severity'],
  location: string,
  message: string,
  remedy: string,
): Finding {
  return { type: 'finding', id: `${rule} ${location}`, rule, severity, message, location, remedy };
}
