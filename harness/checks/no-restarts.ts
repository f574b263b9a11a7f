// SPDX-License-Identifier: Apache-2.0
import type { Check } from '../core/cluster.ts';
import { listed, verdictOf } from './listing.ts';
import { restartsSince } from './restarts.ts';

export const noRestarts: Check = {
  id: 'no-restarts',
  title: 'no container was restarted once everything was up',
  phase: 'exercise',
  async run(context) {
    const { since, before } = await restartsSince(context);
    return verdictOf(
      since.map(({ text }) => text),
      `no container was restarted${listed(
        '; while everything came up',
        before.map(({ text }) => text),
      )}`,
    );
  },
};
