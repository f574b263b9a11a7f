// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { HarnessError } from '../../../harness/core/errors.ts';
import { AgentProcess } from '../../../harness/providers/agent-process.ts';
import { needs } from '../support/needs.ts';
import { bootSite, sh, type TestNode } from './fixture.ts';

describe('exec in a node', () => {
  let site: TestNode;
  before(async function () {
    needs(this, 'root', 'netns');
    site = await bootSite();
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

  it('passes working folder, environment and standard input', async () => {
    const result = await site.node.exec(['sh', '-c', 'pwd; echo $X; cat'], {
      cwd: '/usr/share',
      env: { X: 'a b' },
      stdin: 'from stdin',
    });
    expect(result.stdout).to.equal('/usr/share\na b\nfrom stdin');
  });

  it('without input, standard input is empty: a program that reads it ends', async () => {
    expect((await site.node.exec(['cat'], { timeoutMs: 3000 })).exitCode).to.equal(0);
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
    const result = await site.node.exec(['sh', '-c', 'sleep 98765 & echo started; wait'], { timeoutMs: 300 });
    expect(result).to.deep.equal({
      exitCode: null,
      signal: 'SIGKILL',
      stdout: 'started\n',
      stderr: '',
      timedOut: true,
      cancelled: false,
    });
    expect(await sh(site.node, 'pgrep -f "sleep 9876[5]" || echo none')).to.equal('none');
  });

  it('an abort kills the process group; one that comes before the start as well', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 200);
    const result = await site.node.exec(['sh', '-c', 'sleep 98764; echo over'], {
      signal: controller.signal,
    });
    expect([result.signal, result.stdout, result.cancelled, result.timedOut]).to.deep.equal([
      'SIGKILL',
      '',
      true,
      false,
    ]);
    const early = await site.node.exec(['sleep', '98763'], { signal: AbortSignal.abort() });
    expect([early.signal, early.cancelled]).to.deep.equal(['SIGKILL', true]);
    expect(await sh(site.node, 'pgrep -f "sleep 9876[34]" || echo none')).to.equal('none');
  });

  it('a client that goes away takes its process group with it', async () => {
    const socket = connect(site.session.record.nodes[0]?.execSocket ?? '');
    socket.write(`${JSON.stringify({ argv: ['sh', '-c', 'sleep 98762 & wait'], stdin: false })}\n`);
    while ((await sh(site.node, 'pgrep -f "sleep 9876[2]" || echo none')) === 'none') await sleep(20);
    socket.destroy();
    for (let i = 0; (await sh(site.node, 'pgrep -f "sleep 9876[2]" || echo none')) !== 'none'; i += 1) {
      expect(i).to.be.lessThan(50);
      await sleep(20);
    }
  });

  it('a daemon that a program leaves behind holds nobody up, and outlives it', async () => {
    const begin = performance.now();
    const result = await site.node.exec([
      'sh',
      '-c',
      'sh -c "sleep 1; echo late; echo later; touch /root/alive" & echo begun',
    ]);
    expect(performance.now() - begin).to.be.lessThan(900);
    expect([result.exitCode, result.stdout]).to.deep.equal([0, 'begun\n']);
    await sleep(1300);
    expect(await sh(site.node, 'ls /root/alive')).to.equal('/root/alive');
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
    await using cat = site.node.spawn([
      'sh',
      '-c',
      'trap "echo got TERM; exit 5" TERM; read line; echo "$line"; while :; do sleep 0.05; done',
    ]);
    cat.stdin.write('hello\n');
    const [first] = await new Promise<Buffer[]>((resolve) => {
      cat.stdout.once('data', (chunk: Buffer) => resolve([chunk]));
    });
    expect(String(first)).to.equal('hello\n');
    const rest = text(cat.stdout);
    cat.kill('SIGTERM');
    expect(await cat.ended).to.deep.equal({ exitCode: 5, signal: null });
    expect(await rest).to.equal('got TERM\n');

    const stubborn = site.node.spawn(['sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done']);
    await sleep(200);
    await stubborn[Symbol.asyncDispose]();
    expect(await stubborn.ended).to.deep.equal({ exitCode: null, signal: 'SIGKILL' });
    expect(await site.node.spawn(['no-such-program']).ended).to.deep.equal({ exitCode: 127, signal: null });
  });

  it('a terminal is a real one, of the size asked for, and can be resized', async () => {
    const process = new AgentProcess(site.session.record.nodes[0]?.execSocket ?? '', {
      argv: ['sh', '-c', 'tty; stty size; read x; stty size'],
      env: {},
      cwd: '/',
      tty: { columns: 91, rows: 17 },
      stdin: true,
    });
    const output = text(process.stdout);
    await sleep(200);
    process.resize(120, 40);
    process.stdin.write('\r');
    expect(await process.outcome).to.deep.equal({ kind: 'exit', exitCode: 0, signal: null });
    expect((await output).split('\r\n')).to.deep.equal(['/dev/pts/0', '17 91', '', '40 120', '']);
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
