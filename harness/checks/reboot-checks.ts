// SPDX-License-Identifier: Apache-2.0
import type { Check } from '../core/cluster.ts';
import { noImagePulls } from './no-image-pulls.ts';
import { nodeReady } from './node-ready.ts';
import { SITE_SERVICES } from './site-services.ts';
import { volumesAfterReboot } from './volumes-after-reboot.ts';

const IN_PHASES: ReadonlySet<Check['phase']> = new Set(['settle', 'exercise']);
/** Of other phases: they ask what a start of the node decides anew. */
const ALSO: ReadonlySet<string> = new Set([nodeReady.id, SITE_SERVICES]);
/** A power cut does not change the answer, or another question asks for it. */
const NOT_AGAIN: ReadonlySet<string> = new Set(['certificates', 'volumes']);

/**
 * The checks of a run whose node loses its power at the end: what was asked of the cluster in use is asked once more
 * (`reboot-<id>`), the bundle's own checks too, and whether volumes kept their data. What is asked of the whole run is
 * asked last. Pure.
 */
export function withReboot(checks: readonly Check[]): Check[] {
  const again = checks.filter(
    ({ id, phase, installs }) =>
      installs !== true && !NOT_AGAIN.has(id) && (IN_PHASES.has(phase) || ALSO.has(id)),
  );
  return [
    ...checks.filter(({ id }) => id !== noImagePulls.id),
    ...again.map(
      (check): Check => ({
        ...check,
        id: `reboot-${check.id}`,
        title: `after a power cut: ${check.title}`,
        phase: 'reboot',
      }),
    ),
    volumesAfterReboot,
    ...checks.flatMap((check): Check[] =>
      check.id === noImagePulls.id ? [{ ...check, phase: 'reboot' }] : [],
    ),
  ];
}
