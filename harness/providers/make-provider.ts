// SPDX-License-Identifier: Apache-2.0
import type { Assets } from '../core/assets.ts';
import { prepareNetnsNode } from './netns/prepare.ts';
import type { NodeProvider, ProviderId } from './provider.ts';

/** The provider of that name, which makes its nodes of what setup made. */
export function makeProvider(
  id: ProviderId,
  assets: Pick<Assets, 'agent' | 'nodeImage' | 'vm'>,
): NodeProvider {
  switch (id) {
    case 'netns':
      return { id, prepare: async (session, spec) => await prepareNetnsNode(session, spec, assets) };
    case 'container':
      return {
        id,
        async prepare(session, spec) {
          const { prepareContainerNode } = await import('./container/prepare.ts'); // its libraries are large
          return await prepareContainerNode(session, spec, assets);
        },
      };
    case 'vm':
      return {
        id,
        async prepare(session, spec) {
          const { prepareVmNode } = await import('./vm/prepare.ts');
          return await prepareVmNode(session, spec, assets);
        },
      };
  }
}
