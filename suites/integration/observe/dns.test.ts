// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { EventOf } from '../../../harness/core/events.ts';
import type { RunningObserver } from '../../../harness/core/observer.ts';
import { hostRunner } from '../../../harness/core/runner.ts';
import { startDns } from '../../../harness/observe/dns/start-dns.ts';
import { needs } from '../support/needs.ts';
import { makeSite, type Site } from './support.ts';

/** `ask(transport, server, name, type)` prints the answer's code; `send` only sends. */
const PYTHON = `
import socket, struct
def message(name, kind, id=0x1234):
    labels = b''.join(bytes([len(l)]) + l.encode() for l in name.split('.'))
    return struct.pack('>HHHHHH', id, 0x0100, 1, 0, 0, 0) + labels + b'\\0' + struct.pack('>HH', kind, 1)
def family(server): return socket.AF_INET6 if ':' in server else socket.AF_INET
def send(server, name, kind, raw=None):
    with socket.socket(family(server), socket.SOCK_DGRAM) as s: s.sendto(message(name, kind) if raw is None else raw, (server, 53))
def ask(transport, server, name, kind):
    if transport == 'udp':
        with socket.socket(family(server), socket.SOCK_DGRAM) as s:
            s.settimeout(3); s.sendto(message(name, kind), (server, 53)); print(s.recv(2000)[3] & 15)
    else:
        with socket.create_connection((server, 53), 3) as s:
            m = message(name, kind); s.sendall(struct.pack('>H', len(m)) + m); s.recv(2); print(s.recv(2000)[3] & 15)
`;

async function python(site: Site, place: 'node' | 'pod', code: string): Promise<string> {
  return await site.sh(place, `python3 - <<'END'\n${PYTHON}\n${code}\nEND`);
}

async function fakeDns(site: Site): Promise<RunningObserver> {
  return await startDns({ ...site.options, netns: site.netns.sink, addresses: ['10.99.0.2', 'fd99::2'] });
}

function questionsOf(site: Site): unknown[] {
  return site.log
    .of('sighting')
    .map(({ from, to }) => [from.address, to.address, to.name, to.question?.type, to.question?.transport]);
}

function healthOf(site: Site): EventOf<'health'> | undefined {
  return site.log.of('health').at(-1);
}

describe('the fake DNS', function () {
  this.timeout(30_000);
  before(function () {
    needs(this, 'root', 'netns');
  });

  it('answers that no name exists, over UDP and TCP, IPv4 and IPv6, and writes each question down', async () => {
    await using site = await makeSite();
    await using dns = await fakeDns(site);
    const answers = await python(
      site,
      'node',
      `
ask('udp', '10.99.0.2', 'Registry.Example.com', 1)
ask('tcp', '10.99.0.2', 'registry.example.com', 28)
ask('udp', 'fd99::2', 'a.test', 15)
ask('tcp', 'fd99::2', 'b.test', 65)`,
    );
    expect(answers.trim().split('\n')).to.deep.equal(['3', '3', '3', '3']);
    await dns.flush();
    expect(questionsOf(site)).to.deep.equal([
      ['10.99.0.1', '10.99.0.2', 'registry.example.com', 'A', 'udp'],
      ['10.99.0.1', '10.99.0.2', 'registry.example.com', 'AAAA', 'tcp'],
      ['fd99::1', 'fd99::2', 'a.test', 'MX', 'udp'],
      ['fd99::1', 'fd99::2', 'b.test', 'UNKNOWN_65', 'tcp'],
    ]);
    expect(healthOf(site)).to.deep.include({ observer: 'dns', received: 4, lost: 0 });
  });

  it('survives garbage', async () => {
    await using site = await makeSite();
    await using dns = await fakeDns(site);
    const code = `
for raw in (b'', b'x', b'\\xff' * 12, b'\\xff' * 500, b'\\0' * 12, b'caught', message('a.test', 1)[:-3]): send('10.99.0.2', '', 0, raw)
with socket.create_connection(('10.99.0.2', 53), 3) as s: s.sendall(b'\\xff\\xffgarbage')
ask('udp', '10.99.0.2', 'after.test', 1)`;
    expect(await python(site, 'pod', code)).to.equal('3\n');
    await dns.flush();
    expect(questionsOf(site)).to.deep.equal([['10.42.0.5', '10.99.0.2', 'after.test', 'A', 'udp']]);
    expect(site.log.of('fault')).to.deep.equal([]);
  });

  it('has every question in the log that was sent before a flush, and none is lost', async () => {
    await using site = await makeSite();
    await using dns = await fakeDns(site);
    await python(site, 'pod', `for i in range(2000): send('10.99.0.2', 'n%d.test' % i, 1)`);
    await dns.flush();
    const { received, lost } = healthOf(site) ?? {};
    expect(Number(received) + Number(lost)).to.equal(2000);
    expect(site.log.of('sighting')).to.have.length(Number(received));
    expect(lost, 'with a receive buffer of 4 MB').to.equal(0);
  });

  it('counts what the kernel dropped while nobody read', async () => {
    await using site = await makeSite();
    await using dns = await fakeDns(site);
    const pid = await serverOf(site);
    process.kill(pid, 'SIGSTOP');
    await python(site, 'pod', `for i in range(30000): send('10.99.0.2', 'n%d.test' % i, 1)`);
    process.kill(pid, 'SIGCONT');
    await dns.flush();
    const { received, lost } = healthOf(site) ?? {};
    expect(lost).to.be.a('number').greaterThan(0);
    // The server's own marker is dropped as well while its socket is full.
    expect(Number(received) + Number(lost)).to.be.within(30_000, 30_100);
  });

  it('says so when it dies, and still ends', async () => {
    await using site = await makeSite();
    await using dns = await fakeDns(site);
    process.kill(await serverOf(site), 'SIGKILL');
    for (let n = 0; n < 100 && site.log.of('fault').length === 0; n += 1) await sleep(20);
    expect(site.log.of('fault').map(({ source, message }) => [source, message])).to.deep.equal([
      [
        'dns',
        'the fake DNS ended on its own (signal SIGKILL): no name was answered or written down from then on',
      ],
    ]);
    await dns.flush();
    expect(healthOf(site)).to.deep.include({ lost: 'unknown' });
  });

  it('says what is wrong when it cannot start', async () => {
    await using site = await makeSite();
    const error = await startDns({
      ...site.options,
      netns: site.netns.sink,
      addresses: ['203.0.113.53'],
    }).then(() => null, String);
    expect(error).to.match(/the fake DNS does not listen on 203\.0\.113\.53 port 53: .*EADDRNOTAVAIL/);
  });
});

async function serverOf(site: Site): Promise<number> {
  const { stdout } = await hostRunner.run(['ip', 'netns', 'pids', site.netns.sink.split('/').at(-1) ?? '']);
  return Number(stdout.trim().split('\n')[0]);
}
