// SPDX-License-Identifier: Apache-2.0
import type { Culprit } from './culprit.ts';
import { placeKey, type Sighting } from './sighting.ts';
import { Timelines } from './timeline.ts';
import type { Wish } from './wishes.ts';

const S = 1_000_000_000;
/** Two observers tell the time of one packet within this. */
export const SAME_MOMENT = 2 * S;
/** A TCP SYN is repeated for 127 s (tcp_syn_retries 6), a UDP socket may be used for as long as it lives. */
const SAME_SOCKET = 130 * S;
const EVER = Number.POSITIVE_INFINITY;

/** A try to send something outside: by a routing look-up, or by a frame that no look-up explains. */
export interface Try {
  readonly sighting: Sighting;
  readonly culprit: Culprit;
  /** Null for a route probe until a frame shows that something was sent. */
  wish: Wish | null;
}

/** Tries by destination, to find whose frame a captured frame is. */
export class Tries {
  readonly #byPlace = new Timelines<Try>();
  readonly #bySocket = new Timelines<Try>();
  readonly #byPod = new Timelines<Try>();

  add(entry: Try): void {
    const { protocol, address, port, fromPort } = entry.sighting;
    const place = placeKey(protocol, address, port);
    this.#byPlace.add(place, entry);
    if (fromPort !== null) this.#bySocket.add(`${place}|${fromPort}`, entry);
    if (entry.culprit.podUid !== null) this.#byPod.add(`${place}|${entry.culprit.podUid}`, entry);
  }

  /**
   * The try that a frame belongs to: same source port and destination; else same destination and pod; else same
   * destination within two seconds; else a raw socket's try, whose look-up carries another protocol number.
   * `pod`: uid of the pod the frame's source address belongs to, null when that is the node's.
   */
  find(place: string, frame: Sighting, pod: string | null): Try | null {
    const fits = ({ culprit }: Try): boolean =>
      pod === null || culprit.podUid === pod || culprit.podUid === null;
    // a process may use another pod's network namespace: then the kernel told the same source address as the frame
    const isSocket = (entry: Try): boolean =>
      fits(entry) || (frame.fromAddress !== null && entry.sighting.fromAddress === frame.fromAddress);
    const raw = placeKey('other', frame.address, null);
    return (
      this.#bySocket
        .get(`${place}|${frame.fromPort ?? ''}`)
        ?.nearest(frame.at, SAME_SOCKET, SAME_MOMENT, isSocket) ??
      this.#byPod.get(`${place}|${pod ?? ''}`)?.nearest(frame.at, EVER, EVER, () => true) ??
      this.#byPlace.get(place)?.nearest(frame.at, SAME_MOMENT, SAME_MOMENT, fits) ??
      this.#byPlace.get(raw)?.nearest(frame.at, SAME_MOMENT, SAME_MOMENT, fits) ??
      null
    );
  }
}
