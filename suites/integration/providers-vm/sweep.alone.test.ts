// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { sweep } from '../../../harness/providers/sweep.ts';
import { remainsOf } from '../providers/remains.ts';
import { needs } from '../support/needs.ts';

const HOLD = new URL('hold-vm.ts', import.meta.url).pathname;

describe('a killed harness with a virtual machine', function () {
  this.timeout(600_000);
  before(function () {
    needs(this, 'root', 'netns', 'vm');
  });

  it('leaves nothing after sweep: no QEMU, no tap, no disk', async () => {
    const harness = spawn(process.execPath, [HOLD], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [id] = (await once(createInterface({ input: harness.stdout }), 'line')) as [string];
    harness.kill('SIGKILL');
    await once(harness, 'exit');
    expect((await remainsOf(`agr-${id}`)).join('\n')).to.match(/qemu-system/); // else this proves nothing
    const swept = await sweep();
    expect(swept.filter(({ session }) => session === id).map(({ kind }) => kind)).to.include.members([
      'process',
      'netns',
      'state',
    ]);
    await sleep(200);
    expect(await remainsOf(`agr-${id}`)).to.deep.equal([]);
  });
});
