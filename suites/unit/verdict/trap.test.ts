// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { describeDestination } from '../../../harness/core/describe.ts';
import type { EventOf } from '../../../harness/core/events.ts';
import { containerIdOf, LogBuilder, RUN, uidOf } from './log-builder.ts';

type To = EventOf<'sighting'>['to'];

const POD = '10.42.0.7';
const NODE = '10.99.0.1';

function question(name: string, server: string, id = 7): To {
  return { protocol: 'dns', address: server, port: 53, name, question: { type: 'A', transport: 'udp', id } };
}

/** A pod `app` whose program asks the cluster DNS for a name. */
function asking(name: string): LogBuilder {
  return new LogBuilder()
    .task('n1:100:1', '/usr/bin/curl', { container: containerIdOf('app'), podUid: uidOf('app') })
    .pod('app', POD)
    .saw(
      'routes',
      20,
      { protocol: 'udp', address: '10.43.0.10', port: 53 },
      { task: 'n1:100:1', from: { address: POD, port: 4001 } },
    )
    .saw('cni', 20, question(name, '10.43.0.10'), { from: { address: POD, port: 4001 } });
}

/** In a trap the name has an address, and the program connects to it. */
function trapped(log: LogBuilder, name: string, address: string): LogBuilder {
  return log
    .saw('dns', 20.01, question(name, '10.99.0.2', 9), {
      answer: address,
      from: { address: NODE, port: 5001 },
    })
    .saw(
      'routes',
      20.1,
      { protocol: 'tcp', address, port: 443 },
      { task: 'n1:100:1', from: { address: POD, port: 4002 } },
    )
    .saw('link', 20.1, { protocol: 'tcp', address, port: 443 }, { from: { address: NODE, port: 4002 } })
    .saw(
      'sink',
      20.1,
      { protocol: 'tcp', address, port: 443, sni: name },
      { from: { address: NODE, port: 4002 } },
    );
}

describe('attempts in a trap', () => {
  it('a connection to the address that a name was given is the wish for the name, with the id it has without a trap', () => {
    const [plain, ...none] = asking('updates.vendor.example').attempts();
    const all = trapped(asking('updates.vendor.example'), 'updates.vendor.example', '198.18.0.1').attempts();
    expect(none).to.deep.equal([]);
    expect(all.map(({ id }) => id)).to.deep.equal([plain?.id]);
    expect(all[0]?.destination).to.deep.equal({
      address: null,
      port: 53,
      name: 'updates.vendor.example',
      sni: 'updates.vendor.example',
      path: null,
    });
    expect(all[0]?.evidence.map(({ observer }) => observer)).to.include('sink');
    expect(all[0]?.source.process.exe).to.equal('/usr/bin/curl');
  });

  it('a name that somebody else asked for is a wish of its own for who connects, by name', () => {
    const log = asking('updates.vendor.example')
      .task('n1:200:1', '/usr/bin/agent')
      .saw('dns', 20.01, question('updates.vendor.example', '10.99.0.2', 9), {
        answer: '198.18.0.1',
        from: { address: NODE, port: 5001 },
      })
      .saw(
        'routes',
        30,
        { protocol: 'tcp', address: '198.18.0.1', port: 8443 },
        { task: 'n1:200:1', from: { address: NODE, port: 4100 } },
      );
    const found = log
      .attempts()
      .map(({ protocol, destination: { name, address, port }, source }) => [
        source.process.exe,
        protocol,
        name,
        address,
        port,
      ]);
    expect(found).to.deep.equal(
      [
        ['/usr/bin/agent', 'tcp', 'updates.vendor.example', null, 8443],
        ['/usr/bin/curl', 'dns', 'updates.vendor.example', null, 53],
      ].toSorted((a, b) => String(b[0]).localeCompare(String(a[0]))),
    );
  });

  it('a bare address keeps its id, and gets the name and the path that were said on the connection', () => {
    const to = { protocol: 'tcp', address: '203.0.113.9', port: 80 } as const;
    const plain = new LogBuilder()
      .task('n1:1:1', '/bin/x')
      .saw('routes', 20, to, { task: 'n1:1:1', from: { address: NODE, port: 4003 } });
    const [without] = plain.attempts();
    const [heard, ...more] = plain
      .saw('link', 20, to, { from: { address: NODE, port: 4003 } })
      .saw(
        'sink',
        20,
        { ...to, host: 'updates.example', path: '/v1' },
        { from: { address: NODE, port: 4003 } },
      )
      .attempts();
    expect(more).to.deep.equal([]);
    expect(heard?.id).to.equal(without?.id);
    expect(heard?.destination).to.deep.equal({
      address: '203.0.113.9',
      port: 80,
      name: 'updates.example',
      sni: null,
      path: '/v1',
    });
    expect(heard === undefined ? '' : describeDestination(heard)).to.equal(
      'updates.example at 203.0.113.9:80/tcp',
    );
  });

  it('a question to a server outside stays one to that server, though the fake DNS answers it', () => {
    const asked = question('updates.vendor.example', '198.51.100.53');
    const from = { address: NODE, port: 4004 };
    const log = new LogBuilder()
      .task('n1:1:1', '/bin/x')
      .saw('routes', 20, { protocol: 'udp', address: '198.51.100.53', port: 53 }, { task: 'n1:1:1', from });
    const [plain] = log.attempts();
    const all = log
      .saw('link', 20, asked, { from })
      .saw('dns', 20, { ...asked, address: '10.99.0.2' }, { from, answer: '198.18.0.1' })
      .attempts();
    expect(all.map(({ id, protocol, destination }) => [id, protocol, destination.address])).to.deep.equal([
      [plain?.id, 'udp', '198.51.100.53'],
    ]);
  });

  it('a canary that meets what the profile does not promise makes the run inconclusive, by its own words', () => {
    const to = { protocol: 'tcp', address: '203.0.113.77', port: 4000 } as const;
    const canary = (answer: string): ReturnType<LogBuilder['report']> =>
      new LogBuilder({ environment: { ...RUN.environment, profile: 'reject' } })
        .add(1.2, {
          type: 'canary',
          id: 'start-node-tcp4',
          place: 'node',
          kind: 'tcp4',
          stage: 'start',
          to,
          expect: ['routes'],
          promised: ['connection refused'],
        })
        .add(1.3, { type: 'canary-answer', id: 'start-node-tcp4', answer })
        .saw('routes', 1.2, to)
        .complete()
        .report();
    expect(canary('connection refused').verdict).to.equal('ready');
    const broken = canary('connected');
    expect(broken.verdict).to.equal('inconclusive');
    expect(broken.reasons[0]?.message).to.equal(
      'A known attempt (tcp4 from node, start) met “connected”, which is not what profile reject promises',
    );
  });
});
