// SPDX-License-Identifier: Apache-2.0
import type { EvidenceRef } from '../core/events.ts';
import { OBSERVERS } from '../core/events.ts';
import type { Evidence } from '../core/report.ts';
import type { Part } from './wishes.ts';

const MOST = 8;

/** Up to eight references, in turn from each observer, earliest first: differing views before more of the same. */
export function evidenceOf(parts: readonly Part[]): Evidence[] {
  const queues = OBSERVERS.map((observer) =>
    parts
      .filter(({ sighting }) => sighting.observer === observer)
      .toSorted((a, b) => a.sighting.at - b.sighting.at),
  ).filter((queue) => queue.length > 0);
  const evidence: Evidence[] = [];
  for (let turn = 0; evidence.length < MOST && queues.some((queue) => turn < queue.length); turn += 1) {
    for (const part of queues.flatMap((queue) => queue[turn] ?? [])) {
      if (evidence.length === MOST) break;
      evidence.push(toEvidence(part));
    }
  }
  return evidence;
}

function toEvidence({ sighting, note }: Part): Evidence {
  const { raw, observer } = sighting;
  const text = [note, raw.text?.trim()].filter((line) => line !== null && line !== undefined && line !== '');
  return { ...emptyEvidence(raw), observer, text: text.length === 0 ? null : text.join(': ') };
}

/** Evidence that a check saved. */
export function checkEvidence(ref: EvidenceRef): Evidence {
  return { ...emptyEvidence(ref), observer: null, text: ref.text ?? null };
}

function emptyEvidence({ file, record }: EvidenceRef): Pick<Evidence, 'file' | 'record'> {
  return { file: file ?? null, record: record ?? null };
}
