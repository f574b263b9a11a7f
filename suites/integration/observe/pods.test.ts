// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { startClock } from '../../../harness/core/clock.ts';
import { hostVantage } from '../../../harness/core/host-vantage.ts';
import { hostRunner } from '../../../harness/core/runner.ts';
import type { ObserverOptions } from '../../../harness/observe/options.ts';
import { startPods } from '../../../harness/observe/pods/start-pods.ts';
import { ApiServer } from './api-server.ts';
import { INSIDE, MemoryLog } from '../../support/memory-log.ts';

interface Watched extends AsyncDisposable {
  readonly api: ApiServer;
  readonly log: MemoryLog;
  readonly options: ObserverOptions;
}

async function watched(): Promise<Watched> {
  const clock = startClock();
  const log = new MemoryLog(() => clock.now());
  const vantage = hostVantage(hostRunner);
  const api = new ApiServer();
  await api.start();
  return {
    api,
    log,
    options: { log, clock, node: 'n1', vantage, outDir: '/nonexistent', inside: INSIDE },
    [Symbol.asyncDispose]: async () => await api[Symbol.asyncDispose](),
  };
}

function names(log: MemoryLog): string[] {
  return log.of('pod').map(({ pod }) => pod.name);
}

async function until(isTrue: () => boolean): Promise<void> {
  for (const start = performance.now(); performance.now() - start < 5000; await sleep(10))
    if (isTrue()) return;
  throw new Error('it did not happen within 5 s');
}

describe('the observer of pods', function () {
  this.timeout(20_000);

  it('takes the pods that are there and those that come, each once', async () => {
    await using site = await watched();
    site.api.add('first');
    await using pods = await startPods({ ...site.options, config: site.api.config() });
    expect(names(site.log)).to.deep.equal(['first']);
    await until(() => site.api.watches === 1);
    site.api.add('second');
    await until(() => names(site.log).length === 2);
    await pods.flush();
    expect(names(site.log)).to.deep.equal(['first', 'second']);
    expect(site.log.of('health').at(-1)).to.deep.include({ observer: 'pods', lost: 0 });
  });

  it('has every pod in the log that existed before a flush, though no watch told of it', async () => {
    await using site = await watched();
    await using pods = await startPods({ ...site.options, config: site.api.config() });
    await until(() => site.api.watches === 1);
    site.api.endWatches();
    site.api.add('silent');
    await pods.flush();
    expect(names(site.log)).to.deep.equal(['silent']);
  });

  it('goes on from where it was when a watch ends, without a gap', async () => {
    await using site = await watched();
    await using pods = await startPods({ ...site.options, config: site.api.config() });
    await until(() => site.api.watches === 1);
    site.api.add('before');
    await until(() => names(site.log).length === 1);
    site.api.endWatches();
    site.api.add('between');
    await until(() => names(site.log).length === 2);
    expect(site.api.asked.filter((what) => what === 'list')).to.have.length(1);
    expect(site.api.asked.at(-1)).to.equal('watch 2');
    expect(pods.id).to.equal('pods');
    expect(site.log.of('fault')).to.deep.equal([]);
  });

  it('lists again when the server no longer knows the version', async () => {
    await using site = await watched();
    await using _ = await startPods({ ...site.options, config: site.api.config() });
    await until(() => site.api.watches === 1);
    site.api.forgotten = 2;
    site.api.endWatches();
    site.api.add('after');
    await until(() => names(site.log).length === 1);
    await until(() => site.api.watches === 1);
    expect(site.api.asked).to.deep.equal(['list', 'watch 1', 'watch 1', 'list', 'watch 2']);
    expect(site.log.of('fault')).to.deep.equal([]);
  });

  it('bears a server that is started again, and tells one that stays away', async () => {
    await using site = await watched();
    const options = { ...site.options, config: site.api.config(), restoreMs: 1000 };
    await using _ = await startPods(options);
    await until(() => site.api.watches === 1);
    await site.api.stop();
    await sleep(300);
    site.api.add('meanwhile');
    await site.api.start();
    await until(() => names(site.log).length === 1);
    expect(site.log.of('fault')).to.deep.equal([]);
    await site.api.stop();
    await until(() => site.log.of('fault').length > 0);
    expect(site.log.of('fault')[0]?.message).to.match(
      /^the watch of (?:pods|events) was lost and did not come back: .*ECONNREFUSED/,
    );
  });

  it('bears a server that is away for longer with its node, once; a flush meanwhile still fails', async () => {
    await using site = await watched();
    await using pods = await startPods({ ...site.options, config: site.api.config(), restoreMs: 500 });
    await until(() => site.api.watches === 1);
    await pods.ends?.();
    await site.api.stop();
    await sleep(1500);
    expect(site.log.of('fault')).to.deep.equal([]);
    await site.api.start();
    site.api.add('afterwards');
    await until(() => names(site.log).length === 1);
    await until(() => site.api.watches === 1);
    await sleep(1200); // the watch counts as up
    await site.api.stop();
    await until(() => site.log.of('fault').length > 0);
    await site.api.start();
    await until(() => site.api.watches === 1);
    const told = site.log.of('fault').length;
    await pods.ends?.();
    await site.api.stop();
    await pods.flush();
    expect(site.log.of('fault')).to.have.length(told + 1);
  });

  it('is quiet when it is stopped after the server', async () => {
    await using site = await watched();
    const pods = await startPods({ ...site.options, config: site.api.config(), restoreMs: 1000 });
    await site.api.stop();
    await pods[Symbol.asyncDispose]();
    expect(site.log.of('fault')).to.deep.equal([]);
  });

  it('says what is wrong when it cannot start', async () => {
    await using site = await watched();
    const config = site.api.config();
    await site.api.stop();
    const error = await startPods({ ...site.options, config, restoreMs: 300 }).then(() => null, String);
    expect(error).to.match(/the API server does not list \/api\/v1\/pods: .*ECONNREFUSED/);
  });
});
