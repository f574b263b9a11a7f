// SPDX-License-Identifier: Apache-2.0
import { startSink } from '../../harness/observe/sink/start-sink.ts';
import { startRoutes } from '../../harness/observe/routes/start-routes.ts';
import { makeSite, startLauncher } from '../integration/observe/support.ts';
import { stormOf } from '../integration/observe/storm.ts';

export interface Storm {
  readonly sent: number;
  readonly counted: number;
  readonly lost: number | 'unknown';
  readonly sightings: number;
  readonly seconds: number;
}

const PROCESSES = 4;

/** Connects from four processes at that rate, traced, in a namespace whose link ends in a dead one. */
export async function measureStorm(perSecond: number, seconds: number): Promise<Storm> {
  await using site = await makeSite();
  await using launcher = await startLauncher(site.netns.node);
  await using routes = await startRoutes({ ...site.options, label: site.label, launcherTid: launcher.tid });
  launcher.go();
  const tries = (perSecond * seconds) / PROCESSES;
  const began = performance.now();
  await launcher.run(stormOf({ processes: PROCESSES, tries, perSecond }));
  const took = (performance.now() - began) / 1000;
  await routes.flush();
  const seen = site.log.of('sighting');
  return {
    sent: tries * PROCESSES,
    counted: seen.reduce((sum, { count }) => sum + count, 0),
    lost: site.log.of('health').at(-1)?.lost ?? 'unknown',
    sightings: seen.length,
    seconds: took,
  };
}

/** Connections from four processes, as fast as they come, to a sink that takes each as in profile `trap`. */
export async function measureSinkStorm(connections: number): Promise<Omit<Storm, 'sightings'>> {
  await using site = await makeSite();
  const to = { address: '10.99.0.2', port: 9998 };
  const { sink: netns } = site.netns;
  await using sink = await startSink({ ...site.options, netns, mode: 'trap', port: to.port });
  const tries = connections / PROCESSES;
  const began = performance.now();
  await site.sh('node', stormOf({ processes: PROCESSES, tries, perSecond: 1e9, to }));
  const seconds = (performance.now() - began) / 1000;
  await sink.flush();
  const { received = 0, lost = 'unknown' } = site.log.of('health').at(-1) ?? {};
  return { sent: tries * PROCESSES, counted: received, lost, seconds };
}

/** Connects a second that one process makes, with the trace and without it. */
export async function measureConnectRate(): Promise<{ on: number; off: number }> {
  const tries = 100_000;
  const rateOf = async (traced: boolean): Promise<number> => {
    await using site = await makeSite();
    await using launcher = await startLauncher(site.netns.node);
    await using stack = new AsyncDisposableStack();
    if (traced) {
      const options = { ...site.options, label: site.label, launcherTid: launcher.tid };
      stack.use(await startRoutes(options));
    }
    launcher.go();
    await launcher.run('cd /');
    const began = performance.now();
    await launcher.run(stormOf({ processes: 1, tries, perSecond: 1e9 }));
    return tries / ((performance.now() - began) / 1000);
  };
  return { off: await rateOf(false), on: await rateOf(true) };
}
