// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { hostRunner, runOrThrow } from '../../../harness/core/runner.ts';
import { BACKLOG } from '../../../harness/observe/sink/open-listener.ts';
import { startSink } from '../../../harness/observe/sink/start-sink.ts';
import { needs } from '../support/needs.ts';
import { makeSite, type Site } from './support.ts';

const PORT = 9998;
/** Of those that are turned away a few are enough. */
const TURNED_AWAY = 5;

/**
 * From the node: connects and closes, one after the other, until `most` were taken or a few were not within 50 ms; prints how
 * many of each.
 */
function connects(most: number): string {
  return `python3 - <<'END'
import socket
taken = refused = 0
while taken < ${most} and refused < ${TURNED_AWAY}:
    with socket.socket() as s:
        s.settimeout(0.05)
        try: s.connect(('10.99.0.2', ${PORT})); taken += 1
        except TimeoutError: refused += 1
print(taken, refused)
END`;
}

/** The listener, found by where it is and what it runs. */
async function listenerOf({ label }: Site): Promise<number> {
  const pids = (await runOrThrow(hostRunner, ['ip', 'netns', 'pids', `${label}-s`])).trim().split('\n');
  const pid = pids
    .map(Number)
    .find((one) => readFileSync(`/proc/${one}/cmdline`, 'utf8').includes('sink/server.ts'));
  if (pid === undefined) throw new Error(`no listener among ${pids.join(', ')}`);
  return pid;
}

/** Connections that come while the listener takes none; it takes them afterwards. */
async function storm(
  most: number,
  bufferFactor: number,
): Promise<Record<'taken' | 'refused' | 'received' | 'lost', unknown>> {
  await using site = await makeSite();
  await using sink = await startSink({
    ...site.options,
    netns: site.netns.sink,
    mode: 'trap',
    port: PORT,
    bufferFactor,
  });
  const listener = await listenerOf(site);
  process.kill(listener, 'SIGSTOP');
  const [taken, refused] = (
    await site.sh('node', connects(most)).finally(() => process.kill(listener, 'SIGCONT'))
  )
    .split(' ')
    .map(Number);
  await sink.flush();
  const { received, lost } = site.log.of('health').at(-1) ?? {};
  return { taken, refused, received, lost };
}

describe('the sink’s listener', function sinks() {
  this.timeout(60_000);
  before(function () {
    needs(this, 'root', 'netns');
  });

  it('holds as many connections as its backlog while it takes none; of more it says how many it lost', async () => {
    const held = BACKLOG / 32 + 1; // the kernel’s queue is full when it holds more than the backlog
    expect(await storm(BACKLOG, 1 / 32)).to.deep.equal({
      taken: held,
      refused: TURNED_AWAY,
      received: held,
      lost: TURNED_AWAY,
    });
  });

  it('loses none with larger buffers, also beyond what the kernel holds by default', async () => {
    const all = BACKLOG / 2;
    expect(await storm(all, 1 / 2)).to.deep.equal({ taken: all, refused: 0, received: all, lost: 0 });
  });
});
