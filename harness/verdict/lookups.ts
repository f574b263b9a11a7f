// SPDX-License-Identifier: Apache-2.0
import type { Culprit } from './culprit.ts';
import type { Sighting } from './sighting.ts';
import { Timeline, Timelines } from './timeline.ts';
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
  /** Of processes that use the node's own network. */
  readonly #ofNode = new Timeline<Lookup>();

  /** `onNodeNetwork`: the process is of the node itself or of a hostNetwork pod. */
  add(sighting: Sighting, culprit: Culprit, onNodeNetwork: boolean): void {
    const entry = { sighting, culprit };
    if (sighting.fromPort !== null) this.#bySocket.add(`${sighting.protocol}|${sighting.fromPort}`, entry);
    if (culprit.podUid !== null) this.#byPod.add(culprit.podUid, entry);
    if (onNodeNetwork) this.#ofNode.add(entry);
  }

  /**
   * Who asked a question, by the source port of its look-up. `pod`: uid of the pod that its source address belongs
   * to, null when that is the node's (it may be masqueraded then; the socket's own address is preferred).
   */
  asker(question: Sighting, pod: string | null): Culprit | null {
    const transport = transportOf(question);
    const fits = ({ sighting, culprit }: Lookup): boolean =>
      pod === null ? !isOtherNode(sighting, question) : culprit.podUid === pod;
    // who binds a port before it has an address is looked up without one; of another network that says nothing
    const isSender = ({ sighting: { fromAddress } }: Lookup): boolean =>
      fromAddress === question.fromAddress || (pod !== null && fromAddress === null);
    const socket = this.#bySocket.get(`${transport}|${question.fromPort ?? ''}`);
    const found =
      socket?.nearest(question.at, SOCKET_LIFE, CLOCKS_APART, (lookup) => fits(lookup) && isSender(lookup)) ??
      socket?.nearest(question.at, SOCKET_LIFE, CLOCKS_APART, fits);
    return found === undefined || found === null ? null : withProcess(found.culprit, 'joined');
  }

  /**
   * Where the source port does not tell (masquerading chose another one, or the look-up came before the port): the
   * only program of that pod, or of the node's network, that asked at that moment.
   */
  likelyAsker(question: Sighting, pod: string | null): Culprit | null {
    const timeline = pod === null ? this.#ofNode : this.#byPod.get(pod);
    const then = (timeline?.overlapping(question.at - SAME_MOMENT, question.last + SAME_MOMENT) ?? []).filter(
      ({ sighting }) =>
        sighting.protocol === transportOf(question) &&
        !isOtherNode(sighting, question) &&
        // At cni the server's address may already be that of the pod behind the Service.
        (pod !== null || question.observer === 'cni' || sighting.address === question.address),
    );
    const programs = new Set(
      then.map(({ culprit }) => `${culprit.podUid}|${culprit.container}|${culprit.process?.exe}`),
    );
    const [only] = then;
    return programs.size === 1 && only !== undefined ? withProcess(only.culprit, 'inferred') : null;
  }
}

function transportOf(question: Sighting): 'udp' | 'tcp' {
  return question.question?.transport ?? 'udp';
}

function isOtherNode(a: Sighting, b: Sighting): boolean {
  return a.node !== null && b.node !== null && a.node !== b.node;
}

function withProcess(culprit: Culprit, confidence: 'joined' | 'inferred'): Culprit {
  if (culprit.process === null) return culprit;
  return { ...culprit, confidence: { ...culprit.confidence, process: confidence } };
}
