// SPDX-License-Identifier: Apache-2.0
import { HarnessError } from '../core/errors.ts';
import type { MissingObserver, ObserverId } from '../core/events.ts';
import type { Capability, ProviderOffer } from './capabilities.ts';
import type { ProviderId } from './provider.ts';

/** What a plan asks of whatever its node is made of. */
export interface ProviderNeeds {
  /** The bundle changes its node's kernel (loads modules), which must not be this machine's. */
  readonly ownKernel: boolean;
  /** The node's clock is set on purpose. */
  readonly ownClock: boolean;
  /** The size of the node's disk is given. */
  readonly ownDisk: boolean;
  /** Observers that a run must have (`--require`). @default none: it goes without those that the machine cannot have */
  readonly observers?: readonly ObserverId[];
}

/** A provider, and why it is that one: a sentence without a full stop. */
export interface ProviderChoice {
  readonly id: ProviderId;
  readonly why: string;
  /** Observers that its runs go without on this machine. @default none */
  readonly missing?: readonly MissingObserver[];
}

/** The first cause is what others may follow from; the rest is in doctor's table. */
const MOST_REASONS = 2;

/** Whose nodes have a kernel of their own, and with it a clock and a disk. */
const OWN_KERNEL: ReadonlySet<ProviderId> = new Set(['vm']);

/**
 * The first of these providers that does what the plan needs and lacks nothing on this machine; null when there is none.
 * Pure: the order is the preference.
 */
export function chooseProvider(
  needs: ProviderNeeds,
  offers: readonly ProviderOffer[],
): ProviderChoice | null {
  const index = offers.findIndex((offer) => objection(needs, offer) === null);
  const found = offers[index];
  if (found === undefined) return null;
  const others = offers.slice(0, index).map((offer) => `${offer.id} will not do: ${objection(needs, offer)}`);
  const why =
    others.length === 0
      ? 'the quickest kind of node, and this machine has all it needs'
      : `the quickest kind of node that will do; ${others.join('; ')}`;
  return choiceOf(found, why);
}

/** A provider that was asked for by name. Throws HarnessError: `usage` when it cannot do what the plan needs, else `setup`. */
export function requireProvider(needs: ProviderNeeds, offer: ProviderOffer): ProviderChoice {
  const reason = objection(needs, offer);
  if (reason === null) return choiceOf(offer, 'asked for by --provider');
  if (!hasOwn(needs, offer.id)) {
    throw new HarnessError(`provider ${offer.id} will not do for this run: ${reason}`, {
      code: 'usage',
      hint: `use --provider ${[...OWN_KERNEL].join(' or ')}`,
    });
  }
  const what = offer.missing.length > 0 ? 'cannot make nodes' : 'cannot watch nodes as --require asks';
  throw new HarnessError(`provider ${offer.id} ${what} on this machine: ${reason}`, {
    code: 'setup',
    hint: remedyOf(lackedBy(needs, offer)),
  });
}

/** The error when no provider is left. It names what each lacks, and the first thing that mends one. */
export function noProvider(needs: ProviderNeeds, offers: readonly ProviderOffer[]): HarnessError {
  const reasons = offers.map((offer) => `${offer.id}: ${objection(needs, offer)}`);
  const nearest = offers
    .filter(({ id }) => hasOwn(needs, id))
    .toSorted((a, b) => lackedBy(needs, a).length - lackedBy(needs, b).length)
    .at(0);
  return new HarnessError(
    `no provider can make the node that this run needs on this machine (${reasons.join('; ')})`,
    {
      code: 'setup',
      hint: remedyOf(nearest === undefined ? [] : lackedBy(needs, nearest)),
    },
  );
}

function choiceOf(offer: ProviderOffer, why: string): ProviderChoice {
  const missing = missingObservers(offer);
  if (missing.length === 0) return { id: offer.id, why };
  const names = missing.map(({ observer }) => observer).join(', ');
  return { id: offer.id, why: `${why}; it sees less here: without ${names}`, missing };
}

/** What a run on nodes of this provider goes without on this machine. */
export function missingObservers({ blind }: ProviderOffer): MissingObserver[] {
  return blind.flatMap(({ id, blinds, reason }) =>
    (blinds?.observers ?? []).map((observer) => ({ observer, reason: `${id}: ${reason}` })),
  );
}

/** Why this one will not do, or null. */
function objection(needs: ProviderNeeds, offer: ProviderOffer): string | null {
  const { id } = offer;
  const missing = lackedBy(needs, offer);
  const own = ownThing(needs);
  if (own !== null && !hasOwn(needs, id)) return `${own}, and its nodes share this machine’s`;
  if (missing.length === 0) return null;
  const first = missing.slice(0, MOST_REASONS).map((capability) => `${capability.id}: ${capability.reason}`);
  const more = missing.length - first.length;
  return `${first.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** What keeps it from making nodes, and from having an observer that must be there. */
function lackedBy({ observers = [] }: ProviderNeeds, { missing, blind }: ProviderOffer): Capability[] {
  const isRequired = ({ blinds }: Capability): boolean =>
    blinds?.observers.some((id) => observers.includes(id)) === true;
  return [...missing, ...blind.filter(isRequired)];
}

function hasOwn(needs: ProviderNeeds, id: ProviderId): boolean {
  return ownThing(needs) === null || OWN_KERNEL.has(id);
}

/** What of a machine the plan wants for its node alone, or null. */
function ownThing({ ownKernel, ownClock, ownDisk }: ProviderNeeds): string | null {
  if (ownKernel) return 'the bundle requires a kernel of its own (requirements.ownKernel)';
  if (ownClock) return 'the node’s clock is to be set (--clock-ahead)';
  return ownDisk ? 'the size of the node’s disk is given (--disk)' : null;
}

function remedyOf(missing: readonly Capability[]): string {
  const remedies = [...new Set(missing.flatMap(({ remedy }) => remedy ?? []))];
  const shown = remedies.slice(0, MOST_REASONS).join('; ');
  return `${shown}${shown === '' ? '' : '; '}all reasons: npm run airgap -- doctor`;
}
