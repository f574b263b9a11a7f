// SPDX-License-Identifier: Apache-2.0
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { AgentProcess } from '../../../harness/providers/agent-process.ts';
import { needs } from '../support/needs.ts';
import { bootSite, sh, type TestNode } from './fixture.ts';

describe('the agent of a node', () => {
  let site: TestNode;
  before(async function () {
    needs(this, 'root', 'netns');
    site = await bootSite();
  });
  after(async () => await site?.[Symbol.asyncDispose]());

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
});
