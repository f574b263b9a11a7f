// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import { hostRunner, runOrThrow } from '../../../harness/core/runner.ts';
import { verifyGap } from '../../../harness/gap/verify-gap.ts';
import { bootSite, openSite, sh, type TestNode, type TestSite } from '../providers/fixture.ts';
import { needs } from '../support/needs.ts';
import { type Family, framesDuring, OUTSIDE, sendFrame } from './frames.ts';

describe('the gap, profile no-route', () => {
  before(function () {
    needs(this, 'root', 'netns');
  });

  const witnessFrames = async (
    site: TestSite,
    during: () => Promise<void>,
    after: number,
  ): Promise<string[]> =>
    await framesDuring(site.gap.netns.witness, site.gap.link.witnessInterface, during, after);

  /** A raw frame from the node to an outside address, and what the node's own end of the link saw of it. */
  async function frameToOutside(site: TestSite, family: Family): Promise<void> {
    const { link, netns } = site.gap;
    const node = { netns: site.prepared.vantage.netns ?? '', device: link.nodeInterface };
    const sink = { netns: netns.sink, device: link.sinkInterface };
    const seen = await framesDuring(
      sink.netns,
      sink.device,
      async () => await sendFrame(node, sink, family),
      100,
    );
    expect(
      seen.filter((line) => line.includes(`${OUTSIDE[family]}.9999`)),
      seen.join('\n'),
    ).to.have.lengthOf(1);
  }

  it('a quiet run shows the witness not a single packet, from the first moment on', async () => {
    await using site = await bootSite();
    const frames = await witnessFrames(
      site,
      async () => await sh(site.node, 'true').then(() => undefined),
      3000,
    );
    expect(frames).to.deep.equal([]);
  });

  for (const family of [4, 6] as const) {
    it(`a raw IPv${family} frame to an outside address reaches the sink and no further`, async () => {
      await using site = await openSite();
      expect(await witnessFrames(site, async () => await frameToOutside(site, family), 300)).to.deep.equal(
        [],
      );
    });

    it(`with forwarding deliberately on, the same IPv${family} frame reaches the witness: the check can fail`, async () => {
      await using site = await openSite({ forwarding: true });
      const frames = await witnessFrames(site, async () => await frameToOutside(site, family), 300);
      expect(
        frames.filter((line) => line.includes(`> ${OUTSIDE[family]}.9999: UDP, length 5`)),
        frames.join('\n'),
      ).to.have.lengthOf(1);
    });
  }

  it('the sink’s kernel never asks whether the witness is there, which it does a minute after the start else', async () => {
    await using site = await openSite();
    const { netns, link } = site.gap;
    const soon = `echo 0 >/proc/sys/net/ipv6/conf/${link.sinkUplink}/router_probe_interval`;
    await runOrThrow(hostRunner, ['nsenter', `--net=${netns.sink}`, '--', 'sh', '-c', soon]);
    expect(await witnessFrames(site, async () => await frameToOutside(site, 6), 500)).to.deep.equal([]);
  });

  it('an ordinary connect to the outside has no route, IPv4 and IPv6', async () => {
    await using site = await bootSite();
    for (const address of ['198.51.100.7', '2001:db8::7', '8.8.8.8']) {
      const { stderr } = await site.node.exec(['bash', '-c', `echo x >/dev/tcp/${address}/443`], {
        timeoutMs: 5000,
      });
      expect(stderr, address).to.include('Network is unreachable');
    }
  });

  it('the node reaches the sink, by both families', async () => {
    await using site = await bootSite();
    for (const address of ['10.99.0.2', 'fd99::2']) {
      const { stderr } = await site.node.exec(['bash', '-c', `echo x >/dev/tcp/${address}/9`], {
        timeoutMs: 5000,
      });
      expect(stderr, address).to.include('Connection refused');
    }
  });
});

describe('verifying a gap', () => {
  let site: TestNode;
  before(async function () {
    needs(this, 'root', 'netns');
    site = await bootSite();
  });
  after(async () => await site?.[Symbol.asyncDispose]());

  it('a gap that is closed passes, fact by fact', async () => {
    const facts = await verifyGap(site.node, site.gap);
    expect(facts.map(({ id, result, found }) => [id, result, found])).to.deep.equal([
      ['node-default-route-ipv4', 'pass', 'none'],
      ['node-default-route-ipv6', 'pass', 'none'],
      ['node-routes', 'pass', 'none'],
      ['node-interfaces', 'pass', 'eth0'],
      ['sink-interfaces', 'pass', 'node0, up0'],
      ['witness-interfaces', 'pass', 'eth0'],
      ['witness-routes', 'pass', 'none'],
      ['sink-forwarding', 'pass', 'none'],
      ['sink-rules', 'pass', 'none'],
      ['node-resolver', 'pass', '10.99.0.2'],
      ['host-addresses', 'pass', 'none'],
      ['gateway-services', 'pass', 'none'],
      ['proxy-variables', 'pass', 'none'],
      ['host-sockets', 'pass', 'none'],
      ['abstract-sockets', 'pass', 'none'],
    ]);
  });

  interface Hole {
    readonly what: string;
    readonly where: 'node' | 'sink' | 'witness';
    readonly open: string;
    readonly close: string;
    readonly said: RegExp;
  }

  async function isFound({ where, open, close, said }: Omit<Hole, 'what'>): Promise<void> {
    const netns = where === 'node' ? site.node.vantage.netns : site.gap.netns[where];
    const enter = async (script: string): Promise<string> =>
      await runOrThrow(hostRunner, ['nsenter', `--net=${netns}`, 'sh', '-c', script]);
    await enter(open);
    const error = await verifyGap(site.node, site.gap).catch(String);
    await enter(close);
    expect(error).to.match(said);
    expect((await verifyGap(site.node, site.gap)).every(({ result }) => result === 'pass')).to.equal(true);
  }

  /** What is done inside a namespace, how it is undone, and what must be said of it. */
  const holes: Hole[] = [
    {
      what: 'an IPv4 default route in the node',
      where: 'node',
      open: 'ip route add default via 10.99.0.2',
      close: 'ip route del default',
      said: /no IPv4 default route \(found: default via 10\.99\.0\.2 dev eth0\)/,
    },
    {
      what: 'an IPv6 default route in another table of the node',
      where: 'node',
      open: 'ip route add ::/0 via fd99::2 table 77',
      close: 'ip route del ::/0 table 77',
      said: /no IPv6 default route \(found: default via fd99::2 dev eth0\)/,
    },
    {
      what: 'two halves of everything in place of a default route',
      where: 'node',
      open: 'ip route add 0.0.0.0/1 via 10.99.0.2',
      close: 'ip route del 0.0.0.0/1',
      said: /no route but those of its link \(found: 0\.0\.0\.0\/1 via 10\.99\.0\.2 dev eth0\)/,
    },
    {
      what: 'a second interface of the node',
      where: 'node',
      open: 'ip link add x0 type bridge && ip link set x0 up',
      close: 'ip link del x0',
      said: /no interface but its link \(found: eth0, x0\)/,
    },
    {
      what: 'a second way out of the sink',
      where: 'sink',
      open: 'ip link add x0 type bridge && ip link set x0 up',
      close: 'ip link del x0',
      said: /the sink has no interface but .* \(found: node0, up0, x0\)/,
    },
    {
      what: 'a witness that is not the end',
      where: 'witness',
      open: 'ip route add default via 10.98.0.1',
      close: 'ip route del default',
      said: /the witness has no default route \(found: default via 10\.98\.0\.1 dev eth0\)/,
    },
    {
      what: 'a sink that forwards IPv6',
      where: 'sink',
      open: 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding',
      close: 'echo 0 >/proc/sys/net/ipv6/conf/all/forwarding',
      said: /the sink forwards nothing \(found: IPv6 forwarding\)/,
    },
    {
      what: 'a service at the gateway',
      where: 'sink',
      open: `perl -e 'use Socket; socket(S,PF_INET,SOCK_STREAM,0); bind(S,pack_sockaddr_in(2375,INADDR_ANY)); listen(S,1); exit if fork; open(STDOUT,">/dev/null"); open(STDERR,">/dev/null"); $0="airgap-test-listener"; sleep 30'`,
      close: 'kill $(ss -Hltnp sport = :2375 | sed "s/.*pid=\\([0-9]*\\).*/\\1/")',
      said: /nothing listens at the node’s gateway .* \(found: tcp 0\.0\.0\.0:2375\)/,
    },
    {
      what: 'an abstract socket of somebody else',
      where: 'node',
      open: `perl -e 'use Socket; socket(S,PF_UNIX,SOCK_STREAM,0); bind(S,pack_sockaddr_un("\\0airgap-test")); listen(S,1); exit if fork; open(STDOUT,">/dev/null"); open(STDERR,">/dev/null"); sleep 30'`,
      close: 'kill $(ss -Hlxp | sed -n "s/.*airgap-test.*pid=\\([0-9]*\\).*/\\1/p")',
      said: /no abstract socket is in the node before anything runs \(found: @airgap-test/,
    },
  ];
  for (const hole of holes) it(`${hole.what} is found`, async () => await isFound(hole));

  it('a way to an address of this machine past the link is found', async function () {
    const address = ownAddress();
    if (address === undefined) {
      console.log('SKIPPED for want of an address: this machine has none but loopback');
      this.skip();
    }
    await isFound({
      where: 'node',
      open: `ip link add x0 type bridge && ip link set x0 up && ip route add ${address} dev x0`,
      close: 'ip link del x0',
      said: /no address of this machine is reached but by the link, .* \(found: \S+ dev x0\)/,
    });
  });

  it('a proxy variable that processes of the node have is found', async () => {
    const { node } = site;
    const proxied = new Proxy(node, {
      get: (target, name) =>
        name === 'exec'
          ? async (argv: readonly string[]) =>
              await target.exec(argv, { env: { HTTPS_PROXY: 'http://192.0.2.1:3128' } })
          : Reflect.get(target, name, target),
    });
    expect(await verifyGap(proxied, site.gap).catch(String)).to.match(
      /no proxy variable comes into the node from outside \(found: HTTPS_PROXY\)/,
    );
  });

  it('a socket of a service of this machine that is in the node is found', async () => {
    const socket = '/run/snapd.socket';
    const server = createServer();
    const isOurs = await stat(socket).then(
      () => false,
      () => true,
    );
    if (isOurs) await once(server.listen(socket), 'listening');
    try {
      await using open = await bootSite({ binds: [{ from: socket, to: socket }] });
      expect(await verifyGap(open.node, open.gap).catch(String)).to.include(
        'no socket of a service of this machine is in the node (found: /run/snapd.socket)',
      );
    } finally {
      if (isOurs) server.close();
    }
  });

  it('another resolver is found', async () => {
    await sh(site.node, 'echo nameserver 8.8.8.8 >>/etc/resolv.conf');
    expect(await verifyGap(site.node, site.gap).catch(String)).to.include('(found: 10.99.0.2, 8.8.8.8)');
  });
});

/** One that another machine could reach, if there is one. */
function ownAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address;
}
