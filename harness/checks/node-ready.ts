// SPDX-License-Identifier: Apache-2.0
import { CoreV1Api } from '@kubernetes/client-node';
import type { Check } from '../core/cluster.ts';
import { verdictOf } from './listing.ts';

export const nodeReady: Check = {
  id: 'node-ready',
  title: 'every node is Ready, without pressure',
  phase: 'install',
  async run({ cluster }) {
    const { items } = await cluster.config.makeApiClient(CoreV1Api).listNode();
    const problems = items.flatMap(({ metadata, status }) =>
      (status?.conditions ?? [])
        .filter(({ type, status: is }) => (type === 'Ready' ? is !== 'True' : is === 'True'))
        .map(
          ({ type, status: is, message }) => `node ${metadata?.name}: ${type} is ${is} (${message ?? ''})`,
        ),
    );
    if (items.length === 0) problems.push('there is no node');
    return verdictOf(problems, `${items.length} node(s) Ready`);
  },
};
