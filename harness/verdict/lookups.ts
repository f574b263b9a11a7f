// SPDX-License-Identifier: Apache-2.0
import type { Culprit } from './culprit.ts';
import type { Sighting } from './sighting.ts';
import { Timelines } from './timeline.ts';
import { SAME_MOMENT } from './tries.ts';

const S = 1_000_000_000;
/** Resolvers keep a socket and ask through it again: CoreDNS for 10 s, others as long as they live. */
const SOCKET_LIFE = 120 * S;
const CLOCKS_APART = 1 * S;

interface Lookup {
  readonly sighting: Sighting;
  readonly culprit: Culprit;
}

/** Routing look-ups of port 53: they know the process, and the questions in the captures know the name. */
export class Lookups {
  readonly #bySocket = new Timelines<Lookup>();
  readonly #byPod = new Timelines<Lookup>();

  add(sighting: Sighting, culprit: Culprit): void {
    const entry = { sighting, culprit };
    if (sighting.fromPort !== null) this.#bySocket.add(`${sighting.protocol}|${sighting.fromPort}`, entry);
    if (culprit.podUid !== null) this.#byPod.add(`${sighting.protocol}|${culprit.podUid}`, entry);
  }

  /**
   * Who asked a question, by the source port of its look-up. `pod`: uid of the pod that its source address belongs
   * to, null when that is the node's (it may be masqueraded then; the socket's own address is preferred).
   * Without such a look-up: the only program of the pod that asked at that moment (`inferred`). Else null.
   */
  asker(question: Sighting, pod: string | null): Culprit | null {
    const transport = question.question?.transport ?? 'udp';
    const fits = ({ sighting, culprit }: Lookup): boolean =>
      pod === null ? !isOtherNode(sighting, question) : culprit.podUid === pod;
    const socket = this.#bySocket.get(`${transport}|${question.fromPort ?? ''}`);
    const found =
      socket?.nearest(
        question.at,
        SOCKET_LIFE,
        CLOCKS_APART,
        (lookup) => fits(lookup) && lookup.sighting.fromAddress === question.fromAddress,
      ) ?? socket?.nearest(question.at, SOCKET_LIFE, CLOCKS_APART, fits);
    if (found !== undefined && found !== null) return withProcess(found.culprit, 'joined');
    return pod === null ? null : this.#onlyProgram(`${transport}|${pod}`, question);
  }

  #onlyProgram(key: string, question: Sighting): Culprit | null {
    const then =
      this.#byPod.get(key)?.overlapping(question.at - SAME_MOMENT, question.last + SAME_MOMENT) ?? [];
    const programs = new Set(then.map(({ culprit }) => `${culprit.container}|${culprit.process?.exe}`));
    const [only] = then;
    return programs.size === 1 && only !== undefined ? withProcess(only.culprit, 'inferred') : null;
  }
}

function isOtherNode(a: Sighting, b: Sighting): boolean {
  return a.node !== null && b.node !== null && a.node !== b.node;
}

function withProcess(culprit: Culprit, confidence: 'joined' | 'inferred'): Culprit {
  if (culprit.process === null) return culprit;
  return { ...culprit, confidence: { ...culprit.confidence, process: confidence } };
}
