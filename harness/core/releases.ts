// SPDX-License-Identifier: Apache-2.0
import type { Bundle } from './bundle.ts';
import { helmChartsOf } from './helm-chart.ts';

/** A Helm release that a bundle means to have. */
export interface Release {
  readonly namespace: string;
  readonly name: string;
  /** What it is made of, relative to the bundle's folder: its chart, or the manifest with its HelmChart object. */
  readonly file: string;
}

/** Of the bundle's charts, and of its HelmChart objects, which K3s's helm-controller installs. */
export function releasesOf(bundle: Pick<Bundle, 'charts' | 'objects'>): Release[] {
  return [
    ...bundle.charts.map(({ namespace, release, file }) => ({ namespace, name: release, file })),
    ...helmChartsOf(bundle).map(({ target, name, file }) => ({ namespace: target, name, file })),
  ];
}
