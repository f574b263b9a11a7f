// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { HarnessError } from '../../../../harness/core/errors.ts';
import { installPackages } from '../../../../infra/setup/debian-packages.ts';

describe('installPackages', () => {
  it('installs nothing when it must not, and gives the command that would', async () => {
    const failure = await installPackages(['nftables', 'kmod'], { install: false, log: '/dev/null' }).catch(
      (error: unknown) => error,
    );
    expect(failure).to.be.instanceOf(HarnessError);
    expect(failure).to.deep.include({
      message: 'Debian packages are missing and --no-install forbids to install them: nftables kmod',
      hint: 'run: apt-get update && apt-get install --yes --no-install-recommends nftables kmod',
      code: 'setup',
    });
  });
});
