// SPDX-License-Identifier: Apache-2.0
import type { Profile } from './profile.ts';
import type { GateServices, Stub } from './gate-services.ts';

/** At least one scope; all that are given must match. Globs: `*` matches any run of characters. */
export interface ExceptionScope {
  /** `host`, `host:port`, `address` or `address:port`. */
  readonly destination?: string;
  readonly image?: string;
  /** `Kind/name` or `namespace/Kind/name`. */
  readonly owner?: string;
  readonly class?: string;
  readonly phase?: string;
  /** Rule of a finding; with it or `location` the exception is for findings, and nothing else may be given. */
  readonly finding?: string;
  /** Where the finding is, as the report names it. */
  readonly location?: string;
}

/** An accepted attempt or finding: it downgrades, it never hides. */
export interface GateException {
  readonly scope: ExceptionScope;
  readonly reason: string;
  readonly owner: string;
  /** YYYY-MM-DD, valid to the end of that day (UTC). */
  readonly expires: string;
}

/** What a row of the owner's asks of an attempt; all that is given must match. Globs: `*` matches any run of characters. */
export interface ClassMatch {
  /** Name or address. */
  readonly destination?: string;
  readonly port?: number;
  /** tcp, udp, dns, icmp ... */
  readonly protocol?: string;
  /** Name of the executable, or of the script that an interpreter runs. */
  readonly program?: string;
  readonly image?: string;
  /** `Kind/name` or `namespace/Kind/name`. */
  readonly owner?: string;
  /** HTTP path. */
  readonly path?: string;
}

/** A row that the owner adds to the table of classes: it comes before the table. */
export interface GateClass {
  readonly match: ClassMatch;
  /** One of the table's, or a new one. */
  readonly class: string;
  /** What it is, for a sentence: `AcmeDB’s usage statistics`. */
  readonly what?: string;
  /** What to change. @default the class's own advice */
  readonly remedy?: string;
}

/** A destination that the customer's site provides. */
export interface InternalDestination {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly cidrs: readonly string[];
  /** Empty: any port. */
  readonly ports: readonly number[];
  readonly description: string | null;
  /** What stands there in the test. @default nothing */
  readonly serve?: Stub;
}

/** The owner's side: what the site offers, what is required, what is accepted. Never part of the bundle. */
export interface Gate {
  /** Path as given, null when there is no gate.yaml. */
  readonly file: string | null;
  /** The kind of gap; of several the first. */
  readonly profile: Profile;
  /** All that are required, when they are several: one run each. @default that one */
  readonly profiles?: readonly Profile[];
  readonly requiredChecks: readonly string[];
  /** The node loses its power at the end of the run, and must come back. @default false */
  readonly reboot?: true;
  readonly internal: readonly InternalDestination[];
  /** What the simulated site offers. @default nothing */
  readonly services?: GateServices;
  readonly exceptions: readonly GateException[];
  /** Rows that the owner adds to the table of classes. @default none */
  readonly classes?: readonly GateClass[];
}

export const EMPTY_GATE: Gate = {
  file: null,
  profile: 'no-route',
  requiredChecks: [],
  internal: [],
  exceptions: [],
};

/** The gate as logs and reports keep it: without the password of the site's registry. */
export function gateForLog(gate: Gate): Gate {
  const { services } = gate;
  const registry = services?.registry ?? null;
  if (services === undefined || registry === null || registry.login === null) return gate;
  const login = { user: registry.login.user, password: '***' };
  return { ...gate, services: { ...services, registry: { ...registry, login } } };
}
