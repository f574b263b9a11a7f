// SPDX-License-Identifier: Apache-2.0
import { farEngine } from '../../core/far-engine.ts';

/** On each container and volume of a session: the session's id. */
export const SESSION_LABEL = 'io.airgap-readiness.session';
/**
 * On what a harness beside a far engine makes, and on that harness's own container: the session of the command outside, on another
 * machine (ADR 21).
 */
export const OUTSIDE_LABEL = 'io.airgap-readiness.outside';
/** On each image that the harness imported: `node`. */
export const IMAGE_LABEL = 'io.airgap-readiness.image';

/** Labels of a container or volume of a session. */
export function sessionLabels(session: string): Record<string, string> {
  const outside = farEngine()?.session;
  return { [SESSION_LABEL]: session, ...(outside === undefined ? {} : { [OUTSIDE_LABEL]: outside }) };
}
