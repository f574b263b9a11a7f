// SPDX-License-Identifier: Apache-2.0
import { tmpdir } from 'node:os';
import { expect } from 'chai';
import { clockOf, startClock } from '../../../harness/core/clock.ts';
import type { EventOf } from '../../../harness/core/events.ts';
import type { RebootListener, RunningNode } from '../../../harness/core/node.ts';
import type { RunningObserver } from '../../../harness/core/observer.ts';
import { followRoutes } from '../../../harness/observe/routes/follow-routes.ts';
import { INSIDE, MemoryLog } from '../../support/memory-log.ts';
import { openSite, sh, type TestSite } from '../providers/fixture.ts';
import { connectScript } from './connect-script.ts';
import { forEachProvider } from './each-provider.ts';

forEachProvider('what a node does is traced', (provider) => {
  let stack: AsyncDisposableStack;
  let site: TestSite;
  let node: RunningNode;
  let routes: RunningObserver & RebootListener;
  const clock = startClock();
  const log = new MemoryLog(() => clock.now());

  before(async () => {
    stack = new AsyncDisposableStack();
    site = stack.use(await openSite({ provider, cold: true }));
    const { vantage, launcherTid } = site.prepared;
    routes = stack.use(
      await followRoutes({
        log,
        vantage,
        launcherTid,
        clock: clockOf(vantage.clock, clock),
        node: 'n1',
        outDir: tmpdir(),
        inside: INSIDE,
        label: site.session.label,
      }),
    );
    node = await site.prepared.boot();
    node.onReboot(routes);
  });
  after(async () => await stack?.disposeAsync());

  /** Sightings that came since the last call. */
  let told = 0;
  async function seen(): Promise<EventOf<'sighting'>[]> {
    await routes.flush();
    const all = log.of('sighting');
    const fresh = all.slice(told);
    told = all.length;
    return fresh;
  }

  /** Names of programs from the task up. */
  function lineage(key: string | undefined): string[] {
    const task = log.of('task').findLast((candidate) => candidate.key === key);
    return task === undefined ? [] : [task.exe.split('/').pop() ?? '', ...lineage(task.parent)];
  }

  it('to boot it reaches for nothing outside, nor does what the harness asks of it', async () => {
    await sh(node, 'hostname');
    await node.writeFile('/root/written', 'x');
    expect(await seen()).to.deep.equal([]);
    expect(log.of('health').at(-1)).to.deep.include({ observer: 'routes', lost: 0 });
  });

  it('an attempt of a program of exec is seen, with the program and its ancestors', async () => {
    await sh(node, connectScript('203.0.113.9', 80));
    const [sighting, ...others] = await seen();
    expect(others).to.deep.equal([]);
    expect(sighting?.to).to.deep.equal({ protocol: 'tcp', address: '203.0.113.9', port: 80 });
    const names = lineage(sighting?.task);
    expect(names.slice(0, 2)).to.deep.equal(['perl', 'sh']);
    expect(names.length).to.be.greaterThan(2);
  });

  it('so is one of spawn, and of a daemon that has left its session and its parent', async () => {
    await using child = node.spawn(['sh', '-c', connectScript('203.0.113.10', 81)]);
    child.stdout.resume();
    await child.ended;
    const daemon = `setsid --fork sh -c 'sleep 0.2; ${connectScript('203.0.113.11', 82).replaceAll("'", `'"'"'`)}; touch /root/done' &`;
    await sh(node, `${daemon} until test -e /root/done; do sleep 0.1; done`);
    const found = await seen();
    expect(found.map(({ to }) => `${to.address} ${to.port}`)).to.deep.equal([
      '203.0.113.10 81',
      '203.0.113.11 82',
    ]);
    for (const { task } of found) expect(lineage(task)[0]).to.equal('perl');
  });

  it('the time of an attempt is this machine’s, within the clock’s error', async () => {
    const { errorNs } = site.prepared.vantage.clock;
    const before = clock.now();
    await sh(node, connectScript('203.0.113.12', 83));
    const after = clock.now();
    const [sighting] = await seen();
    expect(sighting?.at).to.be.within(before - errorNs, after + errorNs);
    expect(errorNs).to.be.lessThan(1e9);
  });

  it('its wall clock, turned into this machine’s, is this machine’s', async () => {
    const { clock: kernel } = site.prepared.vantage;
    const before = Date.now();
    const inside = kernel.toHostRealtime(BigInt(await sh(node, 'date +%s%N')));
    const after = Date.now() + 1; // Date.now() cuts off
    const errorMs = kernel.errorNs / 1e6;
    expect(Number(inside) / 1e6).to.be.within(before - errorMs, after + errorMs);
  });

  it('a node that was started again is traced as before', async () => {
    await node.reboot();
    expect(await seen(), 'to boot again it reaches for nothing outside').to.deep.equal([]);
    await sh(node, connectScript('203.0.113.13', 84));
    const found = await seen();
    expect(found.map(({ to }) => `${to.address} ${to.port}`)).to.deep.equal(['203.0.113.13 84']);
    expect(lineage(found[0]?.task).slice(0, 2)).to.deep.equal(['perl', 'sh']);
    expect(log.of('fault')).to.deep.equal([]);
  });
});
