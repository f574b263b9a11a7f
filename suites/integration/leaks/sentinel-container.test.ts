// SPDX-License-Identifier: Apache-2.0
import { PROFILES } from '../../../harness/core/profile.ts';
import { needs, needsProvider } from '../support/needs.ts';
import { sentinels } from './sentinels.ts';

describe('the short leak corpus on a container', () => {
  before(async function () {
    needs(this, 'root', 'tracefs', 'k3s', 'leaks');
    await needsProvider(this, 'container');
  });
  sentinels('container', PROFILES);
});
