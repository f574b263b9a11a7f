// SPDX-License-Identifier: Apache-2.0
import type { Chart } from '../../harness/core/chart.ts';

/** A packed chart without anything special: tests spread what they need over it. */
export const CHART: Chart = {
  name: 'web',
  version: '1.2.3',
  appVersion: null,
  dependencies: [],
  remoteSchemas: [],
  kinds: [],
  hasTests: false,
  release: 'web',
  namespace: 'default',
  file: 'charts/web.tgz',
  path: '/nonexistent/charts/web.tgz',
  form: 'archive',
  values: [],
  wait: true,
  timeoutSeconds: 300,
};
