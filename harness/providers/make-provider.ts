// SPDX-License-Identifier: Apache-2.0
import type { Assets } from '../core/assets.ts';
import { HarnessError } from '../core/errors.ts';
import { prepareNetnsNode } from './netns/prepare.ts';
import type { NodeProvider, ProviderId } from './provider.ts';

/** The provider of that name, which makes its nodes of what setup made. Throws HarnessError (setup) for one that is not here. */
export function makeProvider(id: ProviderId, assets: Pick<Assets, 'agent'>): NodeProvider {
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
      throw new HarnessError(`provider ${id} is not built in`, {
        code: 'setup',
        hint: 'use --provider netns',
      });
  }
}
