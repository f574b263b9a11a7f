// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { z } from 'zod';
import { comparisonSchema } from '../../../harness/core/comparison.ts';
import { PROVIDERS, type ProviderId } from '../../../harness/providers/provider.ts';
import { airgap, leftovers, readReport } from '../support/airgap.ts';
import { needs, needsProvider, REPO_ROOT } from '../support/needs.ts';

const MAIN = join(REPO_ROOT, 'harness/cli/main.ts');
const doctorSchema = z.object({
  providers: z.array(z.object({ id: z.enum(PROVIDERS), ok: z.boolean(), missing: z.array(z.string()) })),
});

/** The command line as a user who may do nothing on this machine. */
// oxlint-disable-next-line typescript/explicit-module-boundary-types -- execa's result type is made from its options
async function asNobody(args: readonly string[], state: string) {
  const user = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, MAIN];
  return await execa('setpriv', [...user, ...args], {
    cwd: REPO_ROOT,
    reject: false,
    env: { NO_COLOR: '1', AIRGAP_STATE_DIR: state },
  });
}

describe('choosing a provider', function choosing() {
  this.timeout(900_000);
  before(function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s');
  });

  it('a user for whom none works is told why, and what to do: exit code 3, nothing started', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-nobody-'));
    await chmod(dir.path, 0o777);
    const state = join(dir.path, 'state');
    const { exitCode, stderr } = await asNobody(['test', 'examples/clean'], state);
    expect(exitCode, stderr).to.equal(3);
    expect(stderr).to.match(
      /^error: no provider can make the node .*netns: root: effective user id is 65534/,
    );
    // What is nearest: root where a container engine answers this user, else the device that a machine of his own lacks.
    expect(stderr).to.match(/what to do: run(?: as root|: sudo chmod 0666 \/dev\/net\/tun)/);
    const doctor = await asNobody(['doctor', '--json'], state);
    expect(doctor.exitCode).to.equal(3);
    const { providers } = doctorSchema.parse(JSON.parse(doctor.stdout));
    expect(providers.map(({ id, ok }) => [id, ok])).to.deep.equal(PROVIDERS.map((id) => [id, false]));
  });

  it('doctor finds that nodes of namespaces work here', async () => {
    const { exitCode, stdout } = await airgap(['doctor', '--json']);
    expect(exitCode).to.equal(0);
    const { providers } = doctorSchema.parse(JSON.parse(stdout));
    expect(providers.find(({ id }) => id === 'netns')).to.deep.equal({ id: 'netns', ok: true, missing: [] });
  });

  it('a bundle that needs a kernel of its own is not run in namespaces', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-kernel-'));
    await mkdir(join(dir.path, 'manifests'));
    await writeFile(
      join(dir.path, 'manifests/x.yaml'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n',
    );
    await writeFile(
      join(dir.path, 'bundle.yaml'),
      'apiVersion: airgap.dev/v1\nkind: Bundle\nname: x\nversion: 1.0.0\nmanifests: [ ./manifests ]\nrequirements: { ownKernel: true }\n',
    );
    const { exitCode, stderr } = await airgap(['test', dir.path, '--provider', 'netns']);
    expect(exitCode, stderr).to.equal(2);
    expect(stderr).to.include('provider netns will not do for this run').and.include('use --provider vm');
  });

  it('an unknown provider is bad input, by option and by variable', async () => {
    const { exitCode, stderr } = await airgap(['test', 'examples/clean', '--provider', 'docker']);
    expect(exitCode).to.equal(2);
    expect(stderr).to.include('there is no provider "docker"; known: netns, container, vm, auto');
    const variable = await execa(process.execPath, [MAIN, 'test'], {
      reject: false,
      env: { AIRGAP_PROVIDER: 'docker' },
    });
    expect(variable.exitCode).to.equal(2);
  });

  it('examples/leaky is the same on netns and on a container', async function () {
    this.timeout(600_000);
    await needsProvider(this, 'container');
    await isTheSameOn('netns', 'container');
  });

  it('examples/leaky is the same on netns and on a virtual machine', async function () {
    this.timeout(2_400_000);
    await needsProvider(this, 'vm');
    await isTheSameOn('netns', 'vm');
  });
});

/** One plan on several providers: the same attempts, by one report that says so, and nothing left. */
async function isTheSameOn(...providers: readonly ProviderId[]): Promise<void> {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-several-'));
  const before = await leftovers();
  const out = join(dir.path, 'out');
  const list = providers.join(',');
  const { exitCode, all } = await airgap(['test', 'examples/leaky', '--provider', list, '--out', out]);
  expect(exitCode, all).to.equal(1);
  const comparison = comparisonSchema.parse(JSON.parse(await readFile(join(out, 'report.json'), 'utf8')));
  expect(comparison.attempts.filter(({ same }) => !same)).to.deep.equal([]);
  const ids = await Promise.all(
    providers.map(async (provider) => {
      const report = await readReport(join(out, provider));
      expect(report.environment.provider).to.equal(provider);
      return report.attempts.map(({ id }) => id).toSorted();
    }),
  );
  expect(ids[0]).to.have.length.above(9);
  for (const others of ids) expect(others).to.deep.equal(ids[0]);
  expect((await leftovers()).filter((thing) => !before.includes(thing))).to.deep.equal([]);
}
