// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readAssets } from '../../../harness/core/assets.ts';
import type { Report } from '../../../harness/core/report.ts';
import { reasonOf } from '../../../harness/core/errors.ts';
import { cacheRoot } from '../../../harness/core/cache-root.ts';
import { PROVIDERS, type ProviderId } from '../../../harness/providers/provider.ts';
import { inspect } from '../../../harness/run/inspect.ts';
import { isRunBySystemd, unitPid } from '../../../harness/site/k3s-unit.ts';
import { Run } from '../../../harness/run/run.ts';
import { connectScript } from '../provider-contract/connect-script.ts';
import { sh } from '../providers/fixture.ts';
import { checkOf } from '../support/chart-bundle.ts';
import { needs, needsParts, needsProvider, REPO_ROOT } from '../support/needs.ts';
import { VENDOR, writeBootOnlyBundle } from './boot-only-bundle.ts';

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

  // On netns examples.test.ts asks it by the command line.
  for (const provider of PROVIDERS.filter((one) => one !== 'netns')) {
    it(`examples/clean on a node made by ${provider} is READY with a loss of power at the end`, async function () {
      this.timeout(2_400_000);
      await needsProvider(this, provider);
      await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-reboot-'));
      const run = await begin(provider, join(dir.path, 'run'), { filtered: false });
      try {
        for (const { id } of run.plan.checks) await run.check(id);
        await run.proveAgain();
      } finally {
        await run.teardown();
      }
      const report = await run.finish('complete');
      const [reason] = report.reasons;
      expect(
        report.reasons.map(({ kind }) => kind),
        reason?.message,
      ).to.deep.equal(['ready']);
      expect(report.verdict).to.equal('ready');
      expect(proofOf(report, 'restart-1')).to.deep.equal({ places: PLACES, missed: [] });
    });
  }

  describe('with a bundle that is well until then', () => {
    const stack = new AsyncDisposableStack();
    let report: Report;
    let again: string;
    before(async function () {
      await needsParts(this, 'local-storage');
      const dir = stack.use(await mkdtempDisposable(join(tmpdir(), 'airgap-reboot-'))).path;
      await writeBootOnlyBundle(join(dir, 'bundle'));
      const run = await begin('netns', join(dir, 'run'), { bundle: join(dir, 'bundle') });
      try {
        for (const id of ['volumes', 'reboot-workloads-available', 'reboot-volumes']) await run.check(id);
        await run.site.observers.find(({ id }) => id === 'link')?.[Symbol.asyncDispose]();
        await run.restartNode();
        await run.site.node.writeFile('/etc/rancher/k3s/config.yaml.d/99-broken.yaml', 'no-such: true\n');
        again = await run.restartNode().then(() => 'it came back', reasonOf);
      } finally {
        await run.teardown();
      }
      report = await run.finish('complete');
    });
    after(async () => await stack.disposeAsync());

    it('what it downloads only then has its culprit and the phase', () => {
      const { attempts } = report;
      expect(
        attempts.map(({ destination, source, phases }) => ({
          to: `${destination.address}:${destination.port}`,
          owner: `${source.namespace}/${source.owner}`,
          container: source.container,
          program: source.process.exe?.split('/').pop(),
          phases: Object.keys(phases),
        })),
      ).to.deep.equal([
        {
          to: `${VENDOR.address}:${VENDOR.port}`,
          owner: 'catalog/Deployment/catalog',
          container: 'fill-cache',
          program: 'curl',
          phases: ['reboot'],
        },
      ]);
    });

    it('data that was in memory is gone, and a check says so', () => {
      expect(checkOf(report, 'volumes')).to.match(/^pass: 1 claim/);
      expect(checkOf(report, 'reboot-workloads-available')).to.match(/^pass: /);
      expect(checkOf(report, 'reboot-volumes')).to.match(
        /^fail: StorageClass local-path: what a pod wrote cannot be read by the next one: .*FailedMount: .*path "\/run\/volumes\/\S+" does not exist/,
      );
      expect(report.verdict).to.equal('not-ready');
    });

    it('it is proven again from all places; what an observer that is off by then carries is missed', () => {
      expect(proofOf(report, 'restart-1')).to.deep.equal({ places: PLACES, missed: [] });
      const { places, missed } = proofOf(report, 'restart-2');
      expect(places).to.deep.equal(PLACES);
      expect(missed).to.deep.equal(
        report.canaries
          .filter(({ stage, expected }) => stage === 'restart-2' && expected.includes('link'))
          .map(({ id }) => id),
      );
      expect(missed).to.include('restart-2-node-packet4');
      expect(report.reasons.map(({ ref }) => ref)).to.include.members(missed);
    });

    it('a Kubernetes that does not come back is an error with the end of its log', () => {
      expect(again).to.match(
        /^node "n1" was restarted, and k3s server ended before the node was Ready: \S+99-broken\.yaml: "no-such" is not a setting of k3s server; the end of its log:/,
      );
    });
  });
});

const PLACES = ['host-network-pod', 'node', 'pod'];

/** A run with a reboot, of a clean bundle, that was not begun yet. */
async function begin(
  provider: ProviderId,
  outDir: string,
  { bundle = join(REPO_ROOT, 'examples/clean'), filtered = true } = {},
): Promise<Run> {
  const inspected = await inspect(bundle, {
    gatePath: null,
    quietMs: 1000,
    settleTimeoutMs: 120_000,
    memoryMiB: 4096,
    reboot: true,
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
    filtered,
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
