// SPDX-License-Identifier: Apache-2.0

/** On each container and volume of a session: the session's id. */
export const SESSION_LABEL = 'io.airgap-readiness.session';
/** On each image that the harness imported: `node`. */
export const IMAGE_LABEL = 'io.airgap-readiness.image';
