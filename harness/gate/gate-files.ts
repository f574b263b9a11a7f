// SPDX-License-Identifier: Apache-2.0
import type { Gate } from '../core/gate.ts';

/** The gate's own file, and the files and folders that it names, for a run that takes place elsewhere. */
export function gateFiles({ file, services, internal }: Gate): string[] {
  const { authority, registry, charts, packages, files } = services ?? {};
  const stubs = internal.flatMap(({ serve }) => (serve?.kind === 'program' ? [serve.folder] : []));
  return [
    file,
    authority?.files?.certificate,
    authority?.files?.key,
    registry?.charts?.folder,
    charts?.folder,
    packages?.folder,
    files?.folder,
    ...stubs,
  ].filter((path) => path !== undefined && path !== null);
}
