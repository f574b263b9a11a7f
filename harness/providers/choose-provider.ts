// SPDX-License-Identifier: Apache-2.0
import { HarnessError } from '../core/errors.ts';
import type { Capability, ProviderOffer } from './capabilities.ts';
import type { ProviderId } from './provider.ts';

/** What a plan asks of whatever its node is made of. */
export interface ProviderNeeds {
  /** The bundle changes its node's kernel (loads modules), which must not be this machine's. */
  readonly ownKernel: boolean;
  /** The node's clock is set on purpose. */
  readonly ownClock: boolean;
}

/** A provider, and why it is that one: a sentence without a full stop. */
export interface ProviderChoice {
  readonly id: ProviderId;
  readonly why: string;
}

/** The first cause is what others may follow from; the rest is in doctor's table. */
const MOST_REASONS = 2;

/** Whose nodes have a kernel of their own, and with it a clock. */
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
  return {
    id: found.id,
    why:
      others.length === 0
        ? 'the quickest kind of node, and this machine has all it needs'
        : `the quickest kind of node that will do; ${others.join('; ')}`,
  };
}

/** A provider that was asked for by name. Throws HarnessError: `usage` when it cannot do what the plan needs, else `setup`. */
export function requireProvider(needs: ProviderNeeds, offer: ProviderOffer): ProviderChoice {
  const reason = objection(needs, offer);
  if (reason === null) return { id: offer.id, why: 'asked for by --provider' };
  if (!canDo(needs, offer.id)) {
    throw new HarnessError(`provider ${offer.id} will not do for this run: ${reason}`, {
      code: 'usage',
      hint: `use --provider ${[...OWN_KERNEL].join(' or ')}`,
    });
  }
  throw new HarnessError(`provider ${offer.id} cannot make nodes on this machine: ${reason}`, {
    code: 'setup',
    hint: remedyOf(offer.missing),
  });
}

/** The error when no provider is left. It names what each lacks, and the first thing that mends one. */
export function noProvider(needs: ProviderNeeds, offers: readonly ProviderOffer[]): HarnessError {
  const reasons = offers.map((offer) => `${offer.id}: ${objection(needs, offer)}`);
  const nearest = offers
    .filter(({ id }) => canDo(needs, id))
    .toSorted((a, b) => a.missing.length - b.missing.length)
    .at(0);
  return new HarnessError(
    `no provider can make the node that this run needs on this machine (${reasons.join('; ')})`,
    {
      code: 'setup',
      hint: remedyOf(nearest?.missing ?? []),
    },
  );
}

/** Why this one will not do, or null. */
function objection(needs: ProviderNeeds, { id, missing }: ProviderOffer): string | null {
  if (!canDo(needs, id))
    return needs.ownKernel
      ? 'the bundle requires a kernel of its own (requirements.ownKernel), and its nodes share this machine’s'
      : 'the node’s clock is to be set (--clock-ahead), and its nodes share this machine’s';
  if (missing.length === 0) return null;
  const first = missing.slice(0, MOST_REASONS).map((capability) => `${capability.id}: ${capability.reason}`);
  const more = missing.length - first.length;
  return `${first.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function canDo(needs: ProviderNeeds, id: ProviderId): boolean {
  return (!needs.ownKernel && !needs.ownClock) || OWN_KERNEL.has(id);
}

function remedyOf(missing: readonly Capability[]): string {
  const remedies = [...new Set(missing.flatMap(({ remedy }) => remedy ?? []))];
  const shown = remedies.slice(0, MOST_REASONS).join('; ');
  return `${shown}${shown === '' ? '' : '; '}all reasons: npm run airgap -- doctor`;
}
