// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readAssets } from '../../../harness/core/assets.ts';
import type { Report } from '../../../harness/core/report.ts';
import { cacheRoot } from '../../../harness/core/cache-root.ts';
import { PROVIDERS, type ProviderId } from '../../../harness/providers/provider.ts';
import { inspect } from '../../../harness/run/inspect.ts';
import { isRunBySystemd, unitPid } from '../../../harness/site/k3s-unit.ts';
import { Run } from '../../../harness/run/run.ts';
import { connectScript } from '../provider-contract/connect-script.ts';
import { sh } from '../providers/fixture.ts';
import { needs, needsProvider, REPO_ROOT } from '../support/needs.ts';

describe('a node that is started again in the middle of a run', function reboots() {
  this.timeout(900_000);
  before(function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s');
  });

  for (const provider of PROVIDERS) {
    it(`made by ${provider} is watched as before`, async function () {
      await needsProvider(this, provider);
      await rebootInRun(provider);
    });
  }

  it('with its Kubernetes is proven again from all places; what an observer that is off by then carries is missed', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-reboot-'));
    const run = await begin('netns', join(dir.path, 'run'));
    try {
      await run.reach('prove');
      await run.restartNode();
      await run.site.observers.find(({ id }) => id === 'link')?.[Symbol.asyncDispose]();
      await run.restartNode();
    } finally {
      await run.teardown();
    }
    const report = await run.finish('complete');
    const places = ['host-network-pod', 'node', 'pod'];
    expect(proofOf(report, 'start')).to.deep.equal({ places, missed: [] });
    expect(proofOf(report, 'restart-1')).to.deep.equal({ places, missed: [] });
    const { places: again, missed } = proofOf(report, 'restart-2');
    expect(again).to.deep.equal(places);
    expect(missed).to.deep.equal(
      report.canaries
        .filter(({ stage, expected }) => stage === 'restart-2' && expected.includes('link'))
        .map(({ id }) => id),
    );
    expect(missed).to.include('restart-2-node-packet4');
    expect(report.verdict).to.equal('inconclusive');
    expect(report.reasons.map(({ ref }) => ref)).to.include.members(missed);
    expect(report.reasons.flatMap(({ kind, message }) => (kind === 'fault' ? [message] : []))).to.deep.equal(
      [],
    );
  });
});

/** A run of a clean bundle that was not begun yet. */
async function begin(provider: ProviderId, outDir: string): Promise<Run> {
  const inspected = await inspect(join(REPO_ROOT, 'examples/clean'), {
    gatePath: null,
    quietMs: 1000,
    settleTimeoutMs: 120_000,
    memoryMiB: 4096,
  });
  return await Run.begin(inspected, {
    id: 'reboot',
    outDir,
    provider: { id: provider, why: 'a test' },
    assets: await readAssets(REPO_ROOT),
    k3s: null,
    standIn: false,
    nodeImage: null,
    cache: cacheRoot(process.env),
    faults: [],
    filtered: true,
    keep: false,
    version: 'test',
    signal: new AbortController().signal,
  });
}

/** Places of the canaries of a stage, and what of them was not as it should be; what the kernel refuses is no fault. */
function proofOf({ canaries }: Report, stage: string): { places: string[]; missed: string[] } {
  const made = canaries.filter((canary) => canary.stage === stage);
  return {
    places: [...new Set(made.map(({ place }) => place))].toSorted(),
    missed: made.filter(({ result }) => result === 'fail').map(({ id }) => id),
  };
}

/** What it then reaches for is in the report, with its process; no observer was lost, or went on unnoticed. */
async function rebootInRun(provider: ProviderId): Promise<void> {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-reboot-'));
  const run = await begin(provider, join(dir.path, 'run'));
  try {
    await run.reach('provision');
    const { node } = run.site;
    await node.reboot();
    await sh(node, connectScript('203.0.113.14', 85));
    // Where systemd runs the node, Kubernetes is a service that comes back with it.
    if (await isRunBySystemd(node)) expect(await unitPid(node)).to.be.greaterThan(0);
    else expect(provider).not.to.equal('vm');
  } finally {
    await run.teardown();
  }
  const report = await run.finish('complete');
  const { attempts, observers } = report;
  expect(proofOf(report, 'restart-1')).to.deep.equal({ places: ['node'], missed: [] });
  const found = attempts.filter(({ destination }) => destination.address === '203.0.113.14');
  expect(found.map(({ source }) => source.process.exe?.split('/').pop())).to.deep.equal(['perl']);
  const ofNode = observers.filter(({ id }) => ['routes', 'cni', 'containers'].includes(id));
  expect(ofNode.map(({ id, status, lost }) => [id, status, lost])).to.deep.equal([
    ['routes', 'ok', 0],
    ['cni', 'ok', 0],
    ['containers', 'ok', 0],
  ]);
}
