// SPDX-License-Identifier: Apache-2.0
import { PROFILES } from '../../../harness/core/profile.ts';
import { needs } from '../support/needs.ts';
import { sentinels } from './sentinels.ts';

describe('the short leak corpus on netns', () => {
  before(function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s', 'leaks');
  });
  sentinels('netns', PROFILES);
});
