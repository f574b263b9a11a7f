// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { HarnessError } from '../../../harness/core/errors.ts';
import { bootSite, sh, type TestNode } from '../providers/fixture.ts';
import { forEachProvider } from './each-provider.ts';

forEachProvider('exec and spawn in a node', (provider) => {
  let site: TestNode;
  before(async () => {
    site = await bootSite({ provider });
  });
  after(async () => await site?.[Symbol.asyncDispose]());

  it('gives exit code, signal and both streams apart', async () => {
    const result = await site.node.exec(['sh', '-c', 'echo out; echo err >&2; exit 7']);
    expect(result).to.deep.equal({
      exitCode: 7,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
      timedOut: false,
      cancelled: false,
    });
    const killed = await site.node.exec(['sh', '-c', 'kill -TERM $$']);
    expect([killed.exitCode, killed.signal]).to.deep.equal([null, 'SIGTERM']);
  });

  it('passes working folder, environment and standard input, and words as they are', async () => {
    const result = await site.node.exec(
      ['sh', '-c', 'pwd; echo "$X"; printf "<%s>" "$@"; cat', 'sh', "it's", 'a  "b" $X', ''],
      {
        cwd: '/usr/share',
        env: { X: 'a b' },
        stdin: 'from stdin',
      },
    );
    expect(result.stdout).to.equal(`/usr/share\na b\n<it's><a  "b" $X><>from stdin`);
  });

  it('gives a program nothing of the harness’s own environment', async () => {
    process.env['HTTPS_PROXY'] = 'http://192.0.2.1:3128';
    try {
      const { stdout } = await site.node.exec(['env']);
      expect(stdout)
        .to.match(/^PATH=/m)
        .and.not.match(/proxy/i);
    } finally {
      delete process.env['HTTPS_PROXY'];
    }
  });

  it('without input, standard input is empty: a program that reads it ends', async () => {
    expect((await site.node.exec(['cat'], { timeoutMs: 30_000 })).exitCode).to.equal(0);
  });

  it('carries 8 MB of input and 20 MB of output unchanged', async () => {
    const input = randomBytes(8_000_000);
    const sum = await site.node.exec(['sha256sum'], { stdin: input });
    expect(sum.stdout.slice(0, 64)).to.equal(createHash('sha256').update(input).digest('hex'));
    const zeros = await site.node.exec(['sh', '-c', 'head -c 20000000 /dev/zero | tr "\\0" x']);
    expect(zeros.stdout.length).to.equal(20_000_000);
  });

  it('a program that does not read its input ends all the same, and can be killed', async () => {
    const input = randomBytes(4_000_000);
    expect((await site.node.exec(['true'], { stdin: input })).exitCode).to.equal(0);
    const stuck = await site.node.exec(['sleep', '60'], { stdin: input, timeoutMs: 200 });
    expect([stuck.signal, stuck.timedOut]).to.deep.equal(['SIGKILL', true]);
  });

  it('a time-out kills the whole process group and keeps the output so far', async () => {
    const result = await site.node.exec(['sh', '-c', 'echo started; sleep 98765 & wait'], {
      timeoutMs: 2000,
    });
    expect(result).to.deep.equal({
      exitCode: null,
      signal: 'SIGKILL',
      stdout: 'started\n',
      stderr: '',
      timedOut: true,
      cancelled: false,
    });
    await goneFrom(site, 'sleep 9876[5]');
  });

  it('an abort kills the process group; one that comes before the start as well', async () => {
    const controller = new AbortController();
    const running = site.node.exec(['sh', '-c', 'sleep 98764; echo over'], { signal: controller.signal });
    while ((await matches(site, 'sleep 9876[4]')) === 'none') await sleep(50);
    controller.abort();
    const result = await running;
    expect([result.signal, result.stdout, result.cancelled, result.timedOut]).to.deep.equal([
      'SIGKILL',
      '',
      true,
      false,
    ]);
    const early = await site.node.exec(['sleep', '98763'], { signal: AbortSignal.abort() });
    expect([early.signal, early.cancelled]).to.deep.equal(['SIGKILL', true]);
    await goneFrom(site, 'sleep 9876[34]');
  });

  it('a daemon that a program leaves behind holds nobody up, and outlives it', async () => {
    // Held up by it, exec would wait for a file that is made only when exec is over.
    const daemon = 'until test -e /root/go; do sleep 0.1; done; echo late; touch /root/alive';
    const result = await site.node.exec(['sh', '-c', `sh -c "${daemon}" & echo begun`]);
    expect([result.exitCode, result.stdout]).to.deep.equal([0, 'begun\n']);
    await sh(site.node, 'touch /root/go; until test -e /root/alive; do sleep 0.1; done');
  });

  it('a program that does not exist, or a folder that does not, is said so', async () => {
    const missing = await site.node.exec(['no-such-program']).catch((error: unknown) => error);
    expect(missing).to.be.instanceOf(HarnessError);
    expect(String(missing)).to.include('cannot run "no-such-program" in node "n1"').and.include('not found');
    const nowhere = await site.node
      .exec(['true'], { cwd: '/nowhere', stdin: randomBytes(500_000) })
      .catch(String);
    expect(nowhere).to.include('cannot run "true"').and.include('no such file');
  });

  it('spawn runs on: streams while it runs, input, signals, and ends when it is disposed', async () => {
    await using echo = site.node.spawn([
      'sh',
      '-c',
      'trap "echo got TERM; exit 5" TERM; read line; echo "$line"; while :; do sleep 0.05; done',
    ]);
    echo.stdin.write('hello\n');
    const [first] = await new Promise<Buffer[]>((resolve) => {
      echo.stdout.once('data', (chunk: Buffer) => resolve([chunk]));
    });
    expect(String(first)).to.equal('hello\n');
    const rest = text(echo.stdout);
    echo.kill('SIGTERM');
    expect(await echo.ended).to.deep.equal({ exitCode: 5, signal: null });
    expect(await rest).to.equal('got TERM\n');

    const stubborn = site.node.spawn(['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done']);
    await new Promise((resolve) => stubborn.stdout.once('data', resolve));
    await stubborn[Symbol.asyncDispose]();
    expect(await stubborn.ended).to.deep.equal({ exitCode: null, signal: 'SIGKILL' });
    expect(await site.node.spawn(['no-such-program']).ended).to.deep.equal({ exitCode: 127, signal: null });
  });

  it('twenty programs at once do not mix their streams', async () => {
    const results = await Promise.all(
      Array.from(
        { length: 20 },
        async (_, i) => await sh(site.node, `for n in $(seq 200); do echo ${i}; done | sort -u`),
      ),
    );
    expect(results).to.deep.equal(Array.from({ length: 20 }, (_, i) => String(i)));
  });
});

async function matches(site: TestNode, pattern: string): Promise<string> {
  return await sh(site.node, `pgrep -f "${pattern}" || echo none`);
}

/** A killed process may be there for a moment longer. */
async function goneFrom(site: TestNode, pattern: string): Promise<void> {
  for (let i = 0; (await matches(site, pattern)) !== 'none'; i += 1) {
    expect(i, `${pattern} still runs`).to.be.lessThan(50);
    await sleep(20);
  }
}
