// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { builtinChecks } from '../../../harness/checks/builtin-checks.ts';
import { withReboot } from '../../../harness/checks/reboot-checks.ts';
import type { Check } from '../../../harness/core/cluster.ts';

function own(id: string, phase: Check['phase'], more: Partial<Check> = {}): Check {
  return { id, title: `is ${id} so`, phase, run: () => Promise.reject(new Error('never run')), ...more };
}

describe('checks of a run with a reboot', () => {
  const checks = withReboot([
    ...builtinChecks,
    own('site-services', 'install'),
    own('chart-web', 'install', { installs: true }),
    own('home-page', 'exercise'),
  ]);

  it('ask what the cluster does once more, the bundle’s own too, and what was kept; the whole run last', () => {
    expect(checks.filter(({ phase }) => phase === 'reboot').map(({ id }) => id)).to.deep.equal([
      'reboot-node-ready',
      'reboot-workloads-available',
      'reboot-cluster-dns',
      'reboot-services-reachable',
      'reboot-load-balancers',
      'reboot-ingresses',
      'reboot-metrics-api',
      'reboot-no-restarts',
      'reboot-site-services',
      'reboot-home-page',
      'reboot-volumes',
      'no-image-pulls',
    ]);
  });

  it('are those of a run without it, and more: each id once, a title that tells them apart', () => {
    const ids = checks.map(({ id }) => id);
    expect(ids).to.include.members(builtinChecks.map(({ id }) => id));
    expect(new Set(ids).size).to.equal(ids.length);
    expect(checks.find(({ id }) => id === 'reboot-home-page')?.title).to.equal(
      'after a power cut: is home-page so',
    );
  });
});
