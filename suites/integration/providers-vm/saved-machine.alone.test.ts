// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import type { NodeService } from '../../../harness/core/node.ts';
import { startRoutes } from '../../../harness/observe/routes/start-routes.ts';
import { needs } from '../support/needs.ts';
import { openVmSite, sh } from './fixture.ts';

// A service that cannot run on unseen: it counts, and calls out each time.
const COUNT = `setsid sh -c 'n=0; while :; do n=$((n + 1)); echo $n >/run/count; curl -s -m 1 http://203.0.113.9/; sleep 0.2; done' >/dev/null 2>&1 &
until [ -s /run/count ]; do sleep 0.1; done`;

describe('a saved virtual machine', function () {
  this.timeout(900_000);
  before(function () {
    needs(this, 'root', 'netns', 'vm');
  });

  it('is made once, goes on frozen where it stood, with this time of day, and is watched from there on', async () => {
    await using dir = await mkdtempDisposable(`${tmpdir()}/airgap-saved-`);
    let starts = 0;
    const service: NodeService = {
      key: 'counts',
      async start(node) {
        starts += 1;
        await sh(node, COUNT);
      },
    };
    const bootIds: string[] = [];
    for (const turn of ['made', 'restored']) {
      const began = performance.now();
      await using site = await openVmSite({ service, saved: dir.path });
      const { node, atNode, log, session } = site;
      console.log(
        `      ${turn}: it could be watched after ${((performance.now() - began) / 1000).toFixed(1)} s`,
      );
      expect(node.serviceRuns).to.equal(true);
      expect(node.limits.map(({ id }) => id)).to.include('service-started-before');

      // It stands still: the count does not change, and the node itself does not answer.
      const count = async (): Promise<string> => {
        await using asked = node.vantage.spawn(['cat', '/run/count']);
        return (await text(asked.stdout)).trim();
      };
      const stood = await count();
      expect(Number(stood)).to.be.greaterThan(0);
      expect(await count()).to.equal(stood);
      expect(Math.abs(Number(node.clock.offsets.realtime))).to.be.lessThan(5e9);

      await using routes = await startRoutes({
        ...atNode,
        label: session.label,
        launcherTid: node.launcherTid,
      });
      const booting = performance.now();
      await node.boot();
      bootIds.push(await sh(node, 'cat /proc/sys/kernel/random/boot_id'));
      console.log(`      it went on after ${((performance.now() - booting) / 1000).toFixed(1)} s`);
      await sh(node, `until [ $(cat /run/count) -gt ${Number(stood) + 2} ]; do sleep 0.2; done`);
      await routes.flush();
      const calls = log.of('sighting').filter(({ to }) => to.address === '203.0.113.9');
      expect(calls.length).to.be.greaterThan(0);
      const tasks = new Map(log.of('task').map((task) => [task.key, task]));
      // The first one may have run when the machine was saved.
      const caller = tasks.get(calls.at(-1)?.task ?? '');
      expect(caller?.exe).to.equal('/usr/bin/curl');
      // Its parent ran before the trace began: it was listed.
      expect(tasks.get(caller?.parent ?? '')?.exe).to.match(/\/(dash|sh)$/);
    }
    expect(starts).to.equal(1);
    expect(new Set(bootIds).size).to.equal(1);
    expect(await readdir(dir.path)).to.have.length(1);
  });
});
