// SPDX-License-Identifier: Apache-2.0
import type { ImageSpec } from './image-spec.ts';

/** Object without the members that are undefined: JSON with nothing in it that was not said. */
function defined(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/**
 * The image configuration as JSON text (OCI image-spec 1.1, config.md); its sha256 is the image id.
 * `created` is the epoch so that equal content gives an equal id.
 */
export function imageConfigJson(image: ImageSpec, diffIds: readonly string[]): string {
  const created = '1970-01-01T00:00:00Z';
  const config = image.config ?? {};
  return JSON.stringify({
    created,
    architecture: image.architecture ?? 'amd64',
    os: 'linux',
    config: defined({
      User: config.user,
      ExposedPorts: config.exposedPorts && Object.fromEntries(config.exposedPorts.map((port) => [port, {}])),
      Env: config.env && Object.entries(config.env).map(([name, value]) => `${name}=${value}`),
      Entrypoint: config.entrypoint,
      Cmd: config.cmd,
      WorkingDir: config.workingDir,
      Labels: config.labels,
    }),
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: diffIds.map(() => ({ created, created_by: 'airgap-readiness image builder' })),
  });
}
