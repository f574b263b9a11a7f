// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { EventOf } from '../../../harness/core/events.ts';
import type { RunningObserver } from '../../../harness/core/observer.ts';
import { hostRunner } from '../../../harness/core/runner.ts';
import { startCapture } from '../../../harness/observe/capture/start-capture.ts';
import { needs } from '../support/needs.ts';
import { addPod, makeSite, type Site } from './support.ts';

type CaptureId = 'link' | 'cni' | 'witness';

async function capture(site: Site, id: CaptureId): Promise<RunningObserver> {
  const { netns } = site;
  const where = {
    link: { netns: netns.sink, device: 'node0' },
    cni: { netns: netns.node, device: 'cni0' },
    witness: { netns: netns.witness, device: 'eth0' },
  }[id];
  return await startCapture({ ...site.options, id, ...where });
}

function sightingsOf(site: Site, id: CaptureId): EventOf<'sighting'>[] {
  return site.log.of('sighting').filter(({ observer }) => observer === id);
}

function healthOf(site: Site, id: CaptureId): EventOf<'health'> | undefined {
  return site.log.of('health').findLast(({ observer }) => observer === id);
}

/** Sends datagrams from 10.42.0.5 or 10.99.0.1. */
function datagrams(count: number, to: string, port: number): string {
  return `perl -e 'use Socket; socket(S,PF_INET,SOCK_DGRAM,0); $to = pack_sockaddr_in(${port}, inet_aton("${to}")); send(S,"x",0,$to) for 1..${count}'`;
}

/** A raw UDP frame to 203.0.113.77:7777 with right checksums, to the neighbour 10.99.0.2. */
const FRAME = `perl -e 'use Socket; socket(S,PF_INET,SOCK_DGRAM,0); send(S,"x",0,pack_sockaddr_in(9, inet_aton("10.99.0.2")))'; sleep 0.1
MAC=$(ip neigh show 10.99.0.2 | sed -n 's/.*lladdr \\([0-9a-f:]*\\).*/\\1/p') python3 -c "
import os, socket
mac = bytes.fromhex(os.environ['MAC'].replace(':', ''))
header = bytes.fromhex('4500001c00000000401100000a630001cb00714d')
total = sum(int.from_bytes(header[i:i+2], 'big') for i in range(0, 20, 2))
check = (~((total & 0xffff) + (total >> 16))) & 0xffff
packet = header[:10] + check.to_bytes(2, 'big') + header[12:] + bytes.fromhex('1e611e6100080000')
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(('eth0', 0))
s.send(mac + b'\\x02' * 6 + b'\\x08\\x00' + packet)
"`;

describe('packet captures', function () {
  this.timeout(30_000);
  before(function () {
    needs(this, 'root', 'netns');
  });

  it('see on the link a raw frame that no routing knows of', async () => {
    await using site = await makeSite();
    await using link = await capture(site, 'link');
    await site.sh('node', FRAME);
    await link.flush();
    expect(sightingsOf(site, 'link').map(({ from, to, raw }) => ({ from, to, raw }))).to.deep.equal([
      {
        from: { address: '10.99.0.1', port: 7777 },
        to: { protocol: 'udp', address: '203.0.113.77', port: 7777 },
        raw: { file: 'capture/link.pcap', record: 1 },
      },
    ]);
  });

  it('see the very first packet after the start, each time', async () => {
    await using site = await makeSite();
    for (let round = 1; round <= 10; round += 1) {
      await using cni = await capture(site, 'cni');
      await site.sh('pod', datagrams(1, `203.0.113.${round}`, 123));
      await cni.flush();
      expect(sightingsOf(site, 'cni').at(-1)?.to.address, `round ${round}`).to.equal(`203.0.113.${round}`);
    }
  });

  it('see pods with their own addresses on a bridge that comes later, and leave out what stays inside', async () => {
    await using site = await makeSite({ pod: false });
    await using cni = await capture(site, 'cni');
    await cni.flush();
    expect(healthOf(site, 'cni')).to.deep.include({ received: 0, lost: 0 });
    await addPod({ node: `${site.label}-n`, pod: `${site.label}-p` }, site.sh);
    await until(async () => await isListening(site));
    await site.sh('pod', `${datagrams(1000, '203.0.113.9', 123)}; ${datagrams(1000, '10.43.0.1', 123)}`);
    await cni.flush();
    expect(
      sightingsOf(site, 'cni').map(({ from, to, count }) => [from.address, to.address, count]),
    ).to.deep.equal([['10.42.0.5', '203.0.113.9', 1000]]);
    expect(healthOf(site, 'cni')).to.deep.include({ received: 1000, lost: 0 });
    expect(site.log.of('fault')).to.deep.equal([]);
  });

  it('have everything in the log that happened before a flush', async () => {
    await using site = await makeSite();
    await using cni = await capture(site, 'cni');
    for (let round = 1; round <= 20; round += 1) {
      await site.sh('pod', datagrams(round, '203.0.113.9', 1000 + round));
      await cni.flush();
      const { to, count } = sightingsOf(site, 'cni').at(-1) ?? {};
      expect([to?.port, count], `round ${round}`).to.deep.equal([1000 + round, round]);
    }
  });

  it('lose nothing of 200,000 packets sent as fast as can be', async () => {
    await using site = await makeSite();
    await using cni = await capture(site, 'cni');
    await site.sh('pod', datagrams(200_000, '203.0.113.9', 123));
    await cni.flush();
    expect(sightingsOf(site, 'cni').reduce((sum, { count }) => sum + count, 0)).to.equal(200_000);
    expect(healthOf(site, 'cni')).to.deep.include({ received: 200_000, lost: 0 });
  });

  it('call nothing lost of the traffic that stays inside and was there before they listened', async () => {
    await using site = await makeSite();
    const busy = `exec ${datagrams(100_000_000, '10.99.0.1', 9)}`;
    await using _busy = hostRunner.spawn(['nsenter', `--net=${site.netns.pod}`, '--', 'sh', '-c', busy]);
    for (let round = 1; round <= 15; round += 1) {
      await using cni = await capture(site, 'cni');
      await cni.flush();
      expect(healthOf(site, 'cni'), `round ${round}`).to.deep.include({ received: 0, lost: 0 });
    }
  });

  it('count what was lost when nobody read in time', async () => {
    await using site = await makeSite();
    await using cni = await capture(site, 'cni');
    const [pid = 0] = await tcpdumpsOf(site);
    process.kill(pid, 'SIGSTOP');
    await site.sh('pod', datagrams(200_000, '203.0.113.9', 123));
    process.kill(pid, 'SIGCONT');
    await cni.flush();
    const { received = 0, lost } = healthOf(site, 'cni') ?? {};
    expect(lost).to.be.a('number').greaterThan(0);
    expect(received + Number(lost)).to.equal(200_000);
  });

  it('keep a file that a packet viewer opens, with the records that sightings name', async () => {
    await using site = await makeSite();
    const cni = await capture(site, 'cni');
    await site.sh('pod', `${datagrams(2, '203.0.113.8', 123)}; ${datagrams(1, '203.0.113.9', 123)}`);
    await cni[Symbol.asyncDispose]();
    const { file = '', record = 0 } = sightingsOf(site, 'cni').at(-1)?.raw ?? {};
    const bytes = await readFile(join(site.options.outDir, file));
    const { stdout } = await hostRunner.run(['tcpdump', '-n', '-r', '-'], { stdin: bytes });
    expect(stdout.split('\n')[record - 1]).to.include('> 203.0.113.9.123');
    expect(stdout.trim().split('\n')).to.have.length(3);
  });

  it('keep the witness blind while the sink forwards nothing', async () => {
    await using site = await makeSite();
    await using witness = await capture(site, 'witness');
    await site.sh('node', FRAME);
    await witness.flush();
    expect(sightingsOf(site, 'witness')).to.deep.equal([]);
  });

  it('let the witness see the frame when the sink forwards', async () => {
    await using site = await makeSite({ forwarding: true });
    await using witness = await capture(site, 'witness');
    await site.sh('node', FRAME);
    await sleep(50); // the sink asks for the witness's hardware address first
    await witness.flush();
    expect(sightingsOf(site, 'witness').map(({ to }) => to)).to.deep.include({
      protocol: 'udp',
      address: '203.0.113.77',
      port: 7777,
    });
  });

  it('say so when tcpdump dies, and still end', async () => {
    await using site = await makeSite();
    await using link = await capture(site, 'link');
    const [pid = 0] = await tcpdumpsOf(site);
    process.kill(pid, 'SIGKILL');
    await until(() => site.log.of('fault').length > 0);
    const [fault] = site.log.of('fault');
    expect(fault?.source).to.equal('link');
    expect(fault?.message).to.match(
      /^tcpdump of capture "link" ended on its own \(signal SIGKILL.*what passed node0 was not captured from then on$/,
    );
    await link.flush();
    expect(healthOf(site, 'link')).to.deep.include({ lost: 'unknown' });
  });

  it('say so when their device goes', async () => {
    await using site = await makeSite();
    await using cni = await capture(site, 'cni');
    await site.sh('node', 'ip link delete cni0');
    await until(() => site.log.of('fault').length > 0);
    expect(site.log.of('fault')[0]?.source).to.equal('cni');
    await cni.flush();
    expect(healthOf(site, 'cni')).to.deep.include({ lost: 'unknown' });
  });

  it('say what is wrong when they cannot start', async () => {
    await using site = await makeSite();
    const options = { ...site.options, netns: site.netns.sink, device: 'nothere0', id: 'link' } as const;
    const error = await startCapture(options).then(() => null, String);
    expect(error).to.match(/tcpdump does not capture: .*nothere0/);
  });

  it('end while they still wait for their device', async () => {
    await using site = await makeSite({ pod: false });
    const cni = await capture(site, 'cni');
    await cni[Symbol.asyncDispose]();
    expect(healthOf(site, 'cni')).to.deep.include({ received: 0, lost: 0 });
    expect(site.log.of('fault')).to.deep.equal([]);
  });
});

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (const start = performance.now(); performance.now() - start < 5000; await sleep(20)) {
    if (await isTrue()) return;
  }
  throw new Error('it did not happen within 5 s');
}

/** tcpdump has made its packet socket in the node's namespace, and time enough has passed for its ring and filter. */
async function isListening(site: Site): Promise<boolean> {
  const sockets = await site.sh('node', 'cat /proc/net/packet');
  if (sockets.trim().split('\n').length < 2) return false;
  await sleep(500);
  return true;
}

/** The captures of a site: it is the only one with these namespaces. */
async function tcpdumpsOf(site: Site): Promise<number[]> {
  const pids = await Promise.all(
    [site.netns.node, site.netns.sink, site.netns.witness].map(
      async (path) => await hostRunner.run(['ip', 'netns', 'pids', path.split('/').at(-1) ?? '']),
    ),
  );
  return pids.flatMap(({ stdout }) => stdout.trim().split('\n').filter(Boolean).map(Number));
}
