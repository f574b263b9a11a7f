// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { airgap, leftovers, readReport } from '../support/airgap.ts';
import { compareLeaks, expectedLeakSchema } from '../support/leaks.ts';
import { needs, REPO_ROOT } from '../support/needs.ts';
import { type FarDocker, startFarDocker } from './far-engine.ts';

/** The machine itself under another name: it can make nodes of its own, and takes the engine's for another one's. */
const RENAMED = ['unshare', '--uts', '--', 'bash', '-c', 'hostname laptop; exec "$@"', 'bash'];

describe('a container engine on another machine', function far() {
  this.timeout(600_000);
  const stack = new AsyncDisposableStack();
  let folder: string;
  let engine: FarDocker;
  before(async function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s', 'dockerd');
    // Short, for sockets; not on a tmpfs, which would take the images.
    folder = stack.use(await mkdtempDisposable('/var/tmp/agr-far-')).path;
    engine = stack.use(await startFarDocker(join(folder, 'engine')));
  });
  after(async () => await stack.disposeAsync());

  /** The command line beside whose engine is not; its results are not on the engine's machine either. */
  const test = (out: string, ...more: readonly string[]): ReturnType<typeof airgap> =>
    airgap(
      ['test', 'examples/leaky', '--provider', 'container', '--out', out, ...more],
      engine.env,
      engine.through,
    );
  const things = async (): Promise<string> =>
    `${await engine.docker('ps', '-aq')}${await engine.docker('volume', 'ls', '-q')}`;

  /** Waits until the run has said that; its log is on the other machine. */
  const begun = async (run: ReturnType<typeof airgap>, what: string): Promise<void> =>
    await new Promise((resolve, reject) => {
      let said = '';
      run.all?.on('data', (chunk: Buffer) => {
        said += chunk.toString('utf8');
        if (said.includes(what)) resolve();
      });
      run.all?.once('end', () => reject(new Error(`it ended without "${what}": ${said}`)));
    });

  it('runs the harness there: the same attempts with their culprits, the results here, nothing left', async () => {
    const before = await leftovers();
    const out = join(folder, 'leaky');
    const { exitCode, all } = await test(out);
    expect(exitCode, all).to.equal(1);
    expect(all).to.include('is on another machine').and.include('NOT READY');
    const report = await readReport(out);
    const expected = expectedLeakSchema
      .array()
      .parse(JSON.parse(await readFile(join(REPO_ROOT, 'examples/leaky.expected.json'), 'utf8')));
    expect(compareLeaks(expected, report.attempts)).to.deep.equal({ missing: [], unplanned: [] });
    expect(report.canaries.filter(({ result }) => result !== 'pass' && result !== 'unseeable')).to.deep.equal(
      [],
    );
    expect(report.environment.provider).to.equal('container');
    expect(report.limits.map(({ id }) => id)).to.include('far-engine');
    expect(await things()).to.equal('');
    expect((await leftovers()).filter((thing) => !before.includes(thing))).to.deep.equal([]);
  });

  it('ends in order when the command outside is killed, and sweep removes what that leaves', async () => {
    const out = join(folder, 'killed');
    const run = test(out);
    await begun(run, 'a node is up');
    run.kill('SIGKILL');
    await run;
    // Its nodes go first: the harness there hears that nobody listens.
    for (let tries = 0; tries < 300 && (await engine.docker('ps', '-q')) !== ''; tries += 1) await sleep(200);
    expect(await engine.docker('ps', '-q')).to.equal('');
    expect(await things()).not.to.equal(''); // the container that ended, with its volume
    const { all } = await airgap(['sweep'], engine.env);
    expect(all).to.match(/removed container agr-[0-9a-f]{6}-harness/);
    expect(await things()).to.equal('');
  });

  it('killed itself it is an error, and what it made of that machine’s is removed', async () => {
    const before = await leftovers();
    const out = join(folder, 'ended');
    const run = test(out);
    await begun(run, 'a node is up');
    await engine.docker(
      'kill',
      '--signal',
      'KILL',
      await engine.docker('ps', '-q', '--filter', 'name=-harness'),
    );
    const { exitCode, all } = await run;
    expect(exitCode, all).to.equal(3);
    expect(all).to.match(/the harness on \S+ ended with exit code 137, and left no verdict/);
    expect(await things()).to.equal('');
    expect((await leftovers()).filter((thing) => !before.includes(thing))).to.deep.equal([]);
  });

  it('is interrupted by a signal to the command outside: exit code 130, the results of what was done', async () => {
    const out = join(folder, 'interrupted');
    const run = test(out);
    await begun(run, 'a node is up');
    // In namespaces of its own it is the one child of what made them.
    const { stdout: command } = await execa('pgrep', ['--parent', String(run.pid)]);
    process.kill(Number(command), 'SIGTERM');
    const { exitCode, all } = await run;
    expect(exitCode, all).to.equal(130);
    expect((await readReport(out)).verdict).to.equal('inconclusive');
    expect(await things()).to.equal('');
  });

  it('is interrupted while files are sent, too, and leaves nothing', async () => {
    const run = test(join(folder, 'early'));
    await begun(run, 'sending files');
    for (let tries = 0; tries < 300 && (await things()) === ''; tries += 1) await sleep(20);
    const { stdout: command } = await execa('pgrep', ['--parent', String(run.pid)]);
    process.kill(Number(command), 'SIGINT');
    const { exitCode, all } = await run;
    expect(exitCode, all).to.equal(130);
    expect(all).to.include('interrupted').and.not.include('provision');
    expect(await things()).to.equal('');
  });

  it('is named alone, and without --keep: nothing is started else', async () => {
    const both = await airgap(
      ['test', 'examples/leaky', '--provider', 'container,netns'],
      engine.env,
      RENAMED,
    );
    expect(both.exitCode).to.equal(2);
    expect(both.all).to.include('is on another machine').and.include('name it alone');
    const kept = await test(join(folder, 'kept'), '--keep');
    expect(kept.exitCode).to.equal(2);
    expect(kept.all).to.include('--keep needs an engine of this machine');
    expect(await things()).to.equal('');
  });
});
