// SPDX-License-Identifier: Apache-2.0
import type { Culprit } from './culprit.ts';
import { isRuntime, isRuntimeHelper, type Pulls, type Wanted } from './pulls.ts';
import type { Part, Wish, Wishes } from './wishes.ts';

/**
 * Gives what the container runtime asked for to the pods that wanted the image. What fits to no pull stays with the
 * runtime: it may have been its own (a sandbox image), or the kubelet never said so.
 */
export function joinPulls(wishes: Wishes, pulls: Pulls): void {
  for (const wish of wishes.list()) {
    if (!mayBePull(wish)) continue;
    const moved: { part: Part; to: Wanted; certain: boolean }[] = [];
    const kept: Part[] = [];
    const guesses = new Map<Part, Wanted>();
    for (const part of wish.parts) {
      const { at } = part.sighting;
      const host = wish.destination.name ?? wish.destination.address ?? '';
      const port = wish.destination.protocol === 'dns' ? null : wish.destination.port;
      const certain = pulls.match(host, port, at);
      const guess = certain.length === 0 && isRuntime(wish.culprit) ? pulls.onlyOneWanted(at) : null;
      if (certain.length === 0 && guess === null) kept.push(part);
      for (const to of certain) moved.push({ part, to, certain: true });
      if (guess !== null) guesses.set(part, guess);
    }
    // A host that is also asked when nobody waits for an image is no mirror: K3s is the API server and more in one process.
    if (kept.length > 0) kept.push(...guesses.keys());
    else for (const [part, to] of guesses) moved.push({ part, to, certain: false });
    if (moved.length === 0) continue;
    if (kept.length === 0) wishes.delete(wish);
    else wish.parts.splice(0, wish.parts.length, ...kept);
    for (const { part, to, certain } of moved) {
      wishes.of(pullCulprit(to, wish, certain), wish.destination, to).parts.push(part);
    }
  }
}

/** Of the runtime, of a helper of it, or of a process of the node that nobody saw. */
function mayBePull({ culprit }: Wish): boolean {
  const isUnseen = culprit.process === null && culprit.podUid === null;
  return isUnseen || isRuntime(culprit) || isRuntimeHelper(culprit);
}

function pullCulprit(wanted: Wanted, { culprit }: Wish, certain: boolean): Culprit {
  const join = certain ? 'joined' : 'inferred';
  return {
    ...wanted.culprit,
    node: culprit.node,
    process: culprit.process,
    confidence: { process: culprit.confidence.process, pod: join, image: join },
  };
}
