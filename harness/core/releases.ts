// SPDX-License-Identifier: Apache-2.0
import type { Bundle, ManifestObject } from './bundle.ts';

/** A Helm release that a bundle means to have. */
export interface Release {
  readonly namespace: string;
  readonly name: string;
}

/** Of the bundle's charts, and of its HelmChart objects, which K3s's helm-controller installs. */
export function releasesOf({ charts, objects }: Pick<Bundle, 'charts' | 'objects'>): Release[] {
  return [
    ...charts.map(({ namespace, release }) => ({ namespace, name: release })),
    ...objects.filter(isHelmChart).map(releaseOf),
  ];
}

/** True for an object that K3s's helm-controller makes a release of. */
export function isHelmChart({ kind, apiVersion }: ManifestObject): boolean {
  return kind === 'HelmChart' && apiVersion.startsWith('helm.cattle.io/');
}

/** The release has the object's name, in `spec.targetNamespace`, else the object's own (docs.k3s.io, "Helm"). */
function releaseOf({ body, namespace, name }: ManifestObject): Release {
  const target = isMap(body) && isMap(body['spec']) ? body['spec']['targetNamespace'] : null;
  return { namespace: typeof target === 'string' && target !== '' ? target : (namespace ?? 'default'), name };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
