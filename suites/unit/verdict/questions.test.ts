// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { containerIdOf, LogBuilder } from './log-builder.ts';

const CLUSTER_DNS = '10.43.0.10';
const COREDNS = '10.42.0.2';
const RESOLVER = '10.99.0.2';
const NODE = '10.99.0.1';

function question(name: string, server: string, type = 'A', id = 1, transport: 'udp' | 'tcp' = 'udp') {
  return { protocol: 'dns', name, address: server, port: 53, question: { type, transport, id } } as const;
}

/** A site with CoreDNS and a pod `web` whose program is known. */
function site(): LogBuilder {
  return new LogBuilder()
    .pod('coredns', COREDNS, { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } })
    .pod('web', '10.42.0.5')
    .task('n:1:0', '/coredns', { container: containerIdOf('coredns') })
    .task('n:2:0', '/update-check', { container: containerIdOf('web') });
}

/** What the observers see when a pod asks the cluster DNS for a name: two hops, four observers. */
function asks(log: LogBuilder, at: number, name: string, type = 'A', id = 1): LogBuilder {
  const port = 40000 + id;
  return log
    .saw(
      'routes',
      at,
      { protocol: 'udp', address: CLUSTER_DNS, port: 53 },
      { task: 'n:2:0', from: { address: '10.42.0.5', port } },
    )
    .saw('cni', at, question(name, CLUSTER_DNS, type, id), { from: { address: '10.42.0.5', port } })
    .saw('cni', at, question(name, COREDNS, type, id), { from: { address: '10.42.0.5', port } })
    .saw(
      'routes',
      at + 0.01,
      { protocol: 'udp', address: RESOLVER, port: 53 },
      { task: 'n:1:0', from: { address: COREDNS, port: 50000 } },
    )
    .saw('cni', at + 0.01, question(name, RESOLVER, type, id + 100), {
      from: { address: COREDNS, port: 50000 },
    })
    .saw('link', at + 0.01, question(name, RESOLVER, type, id + 100), {
      from: { address: NODE, port: 61000 + id },
    })
    .saw('dns', at + 0.01, question(name, RESOLVER, type, id + 100), {
      from: { address: NODE, port: 61000 + id },
    });
}

describe('attempts from DNS questions', () => {
  it('is the pod’s attempt, with process, whatever the cluster DNS makes of it; A and AAAA are one', () => {
    const log = site();
    asks(log, 3, 'updates.example.com', 'A', 1);
    asks(log, 3.02, 'updates.example.com', 'AAAA', 2);
    const attempts = log.attempts();
    expect(
      attempts.map(({ source, destination, protocol, count }) => [
        source.owner,
        destination,
        protocol,
        count,
      ]),
    ).to.deep.equal([
      [
        'Deployment/web',
        { address: null, port: 53, name: 'updates.example.com', sni: null, path: null },
        'dns',
        2,
      ],
    ]);
    expect(attempts[0]?.source.process.exe).to.equal('/update-check');
    expect(attempts[0]?.confidence).to.include({ process: 'joined', pod: 'observed' });
    expect(attempts[0]?.evidence.map(({ observer }) => observer).slice(0, 3)).to.deep.equal([
      'link',
      'cni',
      'dns',
    ]);
    expect(attempts[0]?.class).to.equal('version-check');
  });

  it('keeps two pods apart that ask for the same name, each with its own forwarded question', () => {
    const log = site()
      .pod('api', '10.42.0.6')
      .saw('cni', 3, question('x.example.com', CLUSTER_DNS, 'A', 1), {
        from: { address: '10.42.0.5', port: 1 },
      })
      .saw('cni', 9, question('x.example.com', CLUSTER_DNS, 'A', 2), {
        from: { address: '10.42.0.6', port: 2 },
      })
      .saw('dns', 3.1, question('x.example.com', RESOLVER, 'A', 3), { from: { address: NODE, port: 3 } })
      .saw('dns', 9.1, question('x.example.com', RESOLVER, 'A', 4), { from: { address: NODE, port: 4 } });
    expect(log.attempts().map(({ source, evidence }) => [source.owner, evidence.length])).to.deep.equal([
      ['Deployment/api', 2],
      ['Deployment/web', 2],
    ]);
  });

  it('takes a late retry of the cluster DNS as evidence of the one who asked', () => {
    const log = site();
    asks(log, 3, 'updates.example.com');
    log
      .saw(
        'routes',
        63,
        { protocol: 'udp', address: RESOLVER, port: 53 },
        { task: 'n:1:0', from: { address: COREDNS, port: 50009 } },
      )
      .saw('dns', 63, question('updates.example.com', RESOLVER, 'A', 999), {
        from: { address: COREDNS, port: 50009 },
      });
    expect(log.attempts().map(({ source }) => source.owner)).to.deep.equal(['Deployment/web']);
  });

  it('is the cluster DNS’s own attempt when nobody asked it', () => {
    const log = site()
      .saw(
        'routes',
        3,
        { protocol: 'udp', address: RESOLVER, port: 53 },
        { task: 'n:1:0', from: { address: COREDNS, port: 50000 } },
      )
      .saw('dns', 3, question('own.example.com', RESOLVER), { from: { address: NODE, port: 50000 } });
    const [attempt] = log.attempts();
    expect([attempt?.source.namespace, attempt?.source.owner, attempt?.source.process.exe]).to.deep.equal([
      'kube-system',
      'Deployment/coredns',
      '/coredns',
    ]);
  });

  it('leaves out CoreDNS’s loop probe, but not a HINFO question for a real name', () => {
    const log = site()
      .saw('dns', 3, question('4024935168712345.2342342', RESOLVER, 'HINFO'), {
        from: { address: NODE, port: 1 },
      })
      .saw('dns', 3, question('4024935168712345.2342342', RESOLVER, 'A'), {
        from: { address: NODE, port: 2 },
      })
      .saw('dns', 3, question('host.example.com', RESOLVER, 'HINFO'), { from: { address: NODE, port: 3 } });
    expect(log.attempts().map(({ destination }) => destination.name)).to.deep.equal([
      '4024935168712345.2342342',
      'host.example.com',
    ]);
  });

  it('joins a question of a node process to that process by the source port', () => {
    const log = site()
      .task('n:9:0', '/usr/sbin/chronyd', { parent: 'n:8:0' })
      .saw(
        'routes',
        3,
        { protocol: 'udp', address: RESOLVER, port: 53 },
        { task: 'n:9:0', from: { address: NODE, port: 777 } },
      )
      .saw('link', 3, question('2.debian.pool.ntp.org', RESOLVER), { from: { address: NODE, port: 777 } })
      .saw('dns', 3, question('2.debian.pool.ntp.org', RESOLVER), { from: { address: NODE, port: 777 } });
    const [attempt] = log.attempts();
    expect(attempt?.source.process.exe).to.equal('/usr/sbin/chronyd');
    expect(attempt?.confidence).to.include({ process: 'joined', pod: 'observed' });
    expect([attempt?.count, attempt?.class, attempt?.source.owner]).to.deep.equal([1, 'ntp', null]);
  });

  it('joins a hostNetwork pod’s question to the pod, not to the node', () => {
    const log = site()
      .pod('ntp', NODE, { hostNetwork: true })
      .task('n:9:0', '/usr/sbin/chronyd', { container: containerIdOf('ntp') })
      .saw(
        'routes',
        3,
        { protocol: 'udp', address: RESOLVER, port: 53 },
        { task: 'n:9:0', from: { address: NODE, port: 777 } },
      )
      .saw('link', 3, question('pool.ntp.org', RESOLVER), { from: { address: NODE, port: 777 } });
    expect(log.attempts()[0]?.source).to.include({ owner: 'Deployment/ntp', container: 'app' });
  });

  it('does not confuse a pod with a process of the node that uses the same source port', () => {
    const log = site()
      .task('n:9:0', '/usr/bin/other')
      .saw(
        'routes',
        3,
        { protocol: 'udp', address: RESOLVER, port: 53 },
        { task: 'n:9:0', from: { address: NODE, port: 40001 } },
      );
    asks(log, 3, 'updates.example.com');
    expect(log.attempts().map(({ source }) => source.process.exe)).to.deep.equal(['/update-check']);
  });

  it('tells sockets of one port number apart by pod and by address, whichever asked last', () => {
    const log = site()
      .pod('api', '10.42.0.6')
      .task('n:8:0', '/bin/api', { container: containerIdOf('api') })
      .task('n:9:0', '/bin/node-tool');
    const lookup = (at: number, task: string, address: string, server: string): void => {
      log.saw(
        'routes',
        at,
        { protocol: 'udp', address: server, port: 53 },
        { task, from: { address, port: 777 } },
      );
    };
    lookup(3, 'n:2:0', '10.42.0.5', CLUSTER_DNS);
    lookup(3.01, 'n:8:0', '10.42.0.6', CLUSTER_DNS);
    lookup(3.02, 'n:9:0', NODE, RESOLVER);
    lookup(3.03, 'n:8:0', '10.42.0.6', RESOLVER);
    log
      .saw('cni', 3.04, question('web.example.com', CLUSTER_DNS, 'A', 1), {
        from: { address: '10.42.0.5', port: 777 },
      })
      .saw('cni', 3.04, question('api.example.com', CLUSTER_DNS, 'A', 2), {
        from: { address: '10.42.0.6', port: 777 },
      })
      .saw('link', 3.04, question('tool.example.com', RESOLVER, 'A', 3), {
        from: { address: NODE, port: 777 },
      });
    expect(
      log.attempts().map(({ destination, source }) => [destination.name, source.process.exe]),
    ).to.have.deep.members([
      ['web.example.com', '/update-check'],
      ['api.example.com', '/bin/api'],
      ['tool.example.com', '/bin/node-tool'],
    ]);
  });

  it('never gives a pod’s question to a process elsewhere, even when only the port is known of its socket', () => {
    const log = site()
      .task('n:9:0', '/bin/node-tool')
      .saw(
        'routes',
        3,
        { protocol: 'udp', address: RESOLVER, port: 53 },
        { task: 'n:9:0', from: { port: 777 } },
      )
      .saw('cni', 3, question('web.example.com', CLUSTER_DNS), { from: { address: '10.42.0.5', port: 777 } });
    expect(log.attempts().map(({ source }) => [source.owner, source.process.exe])).to.deep.equal([
      ['Deployment/web', null],
    ]);
  });

  it('names no process when two programs of the pod asked at that moment', () => {
    const log = site().task('n:3:0', '/bin/second', { container: containerIdOf('web') });
    for (const task of ['n:2:0', 'n:3:0'])
      log.saw('routes', 3, { protocol: 'udp', address: CLUSTER_DNS, port: 53 }, { task });
    log.saw('cni', 3, question('x.example.com', CLUSTER_DNS), { from: { address: '10.42.0.5', port: 5 } });
    const [attempt] = log.attempts();
    expect([attempt?.source.owner, attempt?.source.process.exe, attempt?.confidence.process]).to.deep.equal([
      'Deployment/web',
      null,
      'unknown',
    ]);
  });

  it('infers the process when the look-up has no source port and only one program of the pod asked then', () => {
    const log = site()
      .saw('routes', 3, { protocol: 'udp', address: CLUSTER_DNS, port: 53 }, { task: 'n:2:0' })
      .saw('cni', 3, question('x.example.com', CLUSTER_DNS), { from: { address: '10.42.0.5', port: 5 } });
    const [attempt] = log.attempts();
    expect([attempt?.source.process.exe, attempt?.confidence.process]).to.deep.equal([
      '/update-check',
      'inferred',
    ]);
  });

  it('does not report names of the site, nor the halves of a search list', () => {
    const log = site();
    for (const name of [
      'kubernetes',
      'db.shop.svc.cluster.local',
      'updates.example.com.shop.svc.cluster.local',
      'db.shop.svc',
      'localhost',
      '5.0.42.10.in-addr.arpa',
      `${'0.'.repeat(24)}0.0.0.0.9.9.d.f.ip6.arpa`,
    ])
      log.saw('cni', 3, question(name, CLUSTER_DNS), { from: { address: '10.42.0.5', port: 5 } });
    expect(log.attempts()).to.deep.equal([]);
  });

  it('reports reverse look-ups of outside addresses and search domains that leave the cluster', () => {
    const log = site();
    for (const name of [
      '7.100.51.198.in-addr.arpa',
      'db.shop.svc.corp.example',
      'updates.example.com',
      'updates.example.com.corp.example',
    ])
      log.saw('cni', 3, question(name, CLUSTER_DNS), { from: { address: '10.42.0.5', port: 5 } });
    expect(log.attempts().map(({ destination, class: kind }) => [destination.name, kind])).to.deep.equal([
      ['7.100.51.198.in-addr.arpa', 'reverse-lookup'],
      ['db.shop.svc.corp.example', 'search-domain'],
      ['updates.example.com', 'version-check'],
      ['updates.example.com.corp.example', 'search-domain'],
    ]);
  });

  it('is about the server when that is outside, with the questions as evidence', () => {
    const log = site()
      .saw(
        'routes',
        3,
        { protocol: 'udp', address: '8.8.8.8', port: 53 },
        { task: 'n:2:0', from: { address: '10.42.0.5', port: 9 } },
      )
      .saw('cni', 3, question('licence.example.com', '8.8.8.8'), { from: { address: '10.42.0.5', port: 9 } })
      .saw('cni', 3, question('licence.example.com', '8.8.8.8', 'AAAA', 2), {
        from: { address: '10.42.0.5', port: 9 },
      });
    const attempts = log.attempts();
    expect(
      attempts.map(({ protocol, destination, class: kind, count }) => [
        protocol,
        destination.address,
        destination.port,
        destination.name,
        kind,
        count,
      ]),
    ).to.deep.equal([['udp', '8.8.8.8', 53, null, 'dns-server', 1]]);
    expect(attempts[0]?.evidence.map(({ text }) => text)).to.deep.equal([
      'routes at 3',
      'asked for A licence.example.com: cni at 3',
      'asked for AAAA licence.example.com: cni at 3',
    ]);
  });

  it('gives the hard-coded upstream of a cluster DNS to the cluster DNS and the name to the pod', () => {
    const log = site()
      .saw('cni', 3, question('x.example.com', CLUSTER_DNS), { from: { address: '10.42.0.5', port: 5 } })
      .saw(
        'routes',
        3.1,
        { protocol: 'udp', address: '8.8.8.8', port: 53 },
        { task: 'n:1:0', from: { address: COREDNS, port: 6 } },
      )
      .saw('cni', 3.1, question('x.example.com', '8.8.8.8', 'A', 2), { from: { address: COREDNS, port: 6 } });
    expect(
      log
        .attempts()
        .map(({ source, destination }) => [source.owner, destination.name ?? destination.address]),
    ).to.deep.equal([
      ['Deployment/coredns', '8.8.8.8'],
      ['Deployment/web', 'x.example.com'],
    ]);
  });

  it('passes on the questions of a DNS server that the bundle brings, known by being asked', () => {
    const log = site()
      .pod('dnsmasq', '10.42.0.9')
      .saw('cni', 3, question('x.example.com', '10.42.0.9'), { from: { address: '10.42.0.5', port: 5 } })
      .saw('cni', 3.1, question('x.example.com', RESOLVER, 'A', 8), {
        from: { address: '10.42.0.9', port: 6 },
      });
    expect(log.attempts().map(({ source }) => source.owner)).to.deep.equal(['Deployment/web']);
  });

  it('infers from an ExternalName Service the pod that waited for it, when there is but one', () => {
    const external = (): LogBuilder =>
      site()
        .pod('api', '10.42.0.6')
        .saw('cni', 3, question('billing.shop.svc.cluster.local', CLUSTER_DNS, 'A', 1), {
          from: { address: '10.42.0.5', port: 5 },
        })
        .saw('cni', 3.002, question('api.vendor.example', RESOLVER, 'A', 2), {
          from: { address: COREDNS, port: 6 },
        })
        .saw('dns', 3.003, question('api.vendor.example', RESOLVER, 'A', 2), {
          from: { address: NODE, port: 777 },
        });
    const [attempt, ...others] = external().attempts();
    expect([attempt?.source.owner, attempt?.confidence.pod, attempt?.count, others]).to.deep.equal([
      'Deployment/web',
      'inferred',
      1,
      [],
    ]);
    const two = external().saw('cni', 2.99, question('db.shop.svc.cluster.local', CLUSTER_DNS, 'A', 3), {
      from: { address: '10.42.0.6', port: 5 },
    });
    expect(two.attempts().map(({ source }) => source.owner)).to.deep.equal(['Deployment/coredns']);
  });

  it('infers a hostNetwork pod that asks the cluster DNS through a masqueraded port', () => {
    const log = site()
      .pod('agent', NODE, { hostNetwork: true })
      .task('n:9:0', '/bin/agent', { container: containerIdOf('agent') })
      .saw(
        'routes',
        3,
        { protocol: 'udp', address: CLUSTER_DNS, port: 53 },
        { task: 'n:9:0', from: { address: NODE, port: 777 } },
      )
      .saw('cni', 3, question('x.example.com', COREDNS, 'A', 1), {
        from: { address: '10.42.0.1', port: 61234 },
      });
    const [attempt] = log.attempts();
    expect([attempt?.source.owner, attempt?.confidence.process]).to.deep.equal([
      'Deployment/agent',
      'inferred',
    ]);
  });

  it('does not give a masqueraded question of the cluster DNS to a process of the node that asks at that moment', () => {
    const log = site()
      .task('n:9:0', '/bin/other')
      .saw(
        'routes',
        3,
        { protocol: 'udp', address: RESOLVER, port: 53 },
        { task: 'n:9:0', from: { address: NODE, port: 777 } },
      )
      .saw('cni', 3, question('x.example.com', CLUSTER_DNS, 'A', 1), {
        from: { address: '10.42.0.5', port: 5 },
      })
      .saw('dns', 3.01, question('x.example.com', RESOLVER, 'A', 2), {
        from: { address: NODE, port: 61234 },
      });
    expect(log.attempts().map(({ source }) => source.owner)).to.deep.equal(['Deployment/web']);
  });

  it('keeps a node process apart from a pod that asks for the same name, retries with one id included', () => {
    const log = site().task('n:9:0', '/usr/bin/other');
    asks(log, 3, 'x.example.com', 'A', 5);
    log.saw(
      'routes',
      4,
      { protocol: 'udp', address: RESOLVER, port: 53 },
      { task: 'n:9:0', from: { address: NODE, port: 777 } },
    );
    for (const at of [4, 9])
      for (const observer of ['link', 'dns'] as const)
        log.saw(observer, at, question('x.example.com', RESOLVER, 'A', 77), {
          from: { address: NODE, port: 777 },
        });
    expect(
      log.attempts().map(({ source, count }) => [source.owner ?? source.process.exe, count]),
    ).to.deep.equal([
      ['Deployment/web', 1],
      ['/usr/bin/other', 2],
    ]);
  });

  it('counts a question once, however many observers saw it', () => {
    const log = site()
      .saw('cni', 3, question('x.example.com', RESOLVER, 'A', 8), { from: { address: '10.42.0.5', port: 6 } })
      .saw('link', 3, question('x.example.com', RESOLVER, 'A', 8), { from: { address: NODE, port: 6 } })
      .saw('dns', 3, question('x.example.com', RESOLVER, 'A', 8), { from: { address: NODE, port: 6 } })
      .saw('dns', 8, question('x.example.com', RESOLVER, 'A', 8), { from: { address: NODE, port: 6 } });
    const [attempt, ...others] = log.attempts();
    expect([attempt?.source.owner, others]).to.deep.equal(['Deployment/web', []]);
    expect(attempt?.count).to.equal(1);
  });

  it('sees DNS canaries at every hop, and the routing look-up by its source port', () => {
    const log = site()
      .add(1, {
        type: 'canary',
        id: 'c1',
        place: 'node',
        kind: 'dns-udp4',
        stage: 'start',
        to: { protocol: 'dns', name: 'a1.canary.test', address: RESOLVER, port: 53 },
        expect: ['routes', 'link', 'dns'],
      })
      .add(1, {
        type: 'canary',
        id: 'c2',
        place: 'node',
        kind: 'dns-udp4',
        stage: 'start',
        to: { protocol: 'dns', name: 'a2.canary.test', address: RESOLVER, port: 53 },
        expect: ['routes', 'link', 'dns'],
      })
      .saw(
        'routes',
        1,
        { protocol: 'udp', address: RESOLVER, port: 53 },
        { from: { address: NODE, port: 900 } },
      );
    for (const observer of ['link', 'dns'] as const)
      for (const [name, port] of [
        ['a1.canary.test', 900],
        ['a2.canary.test', 901],
      ] as const)
        log.saw(observer, 1, question(name, RESOLVER), { from: { address: NODE, port } });
    const { canaries, attempts } = log.report();
    expect(attempts).to.deep.equal([]);
    expect(canaries.map(({ id, seen, result }) => [id, seen, result])).to.deep.equal([
      ['c1', ['routes', 'link', 'dns'], 'pass'],
      ['c2', ['link', 'dns'], 'fail'],
    ]);
  });

  it('credits a canary by IPv6 with the look-up of its own program, however long its pod takes to start', () => {
    const server = 'fd99::2';
    const log = new LogBuilder();
    const places = ['host-network-pod', 'node'] as const;
    for (const [index, place] of places.entries()) {
      const asked = question(`a${index}.canary.test`, server, 'A', index, 'tcp');
      const plain = { protocol: 'tcp', address: `192.0.2.${index}`, port: 48_000 } as const;
      const shared = { type: 'canary', place, stage: 'restart-1' } as const;
      log
        .task(`n:${index}:0`, '/airgap-node')
        .add(10, { ...shared, id: `c${index}`, kind: 'dns-tcp6', to: asked, expect: ['routes', 'link'] })
        .add(10, { ...shared, id: `t${index}`, kind: 'tcp4', to: plain, expect: ['routes'] })
        .saw('routes', 33, plain, { task: `n:${index}:0` })
        .saw('link', 34, asked, { from: { address: 'fd99::1', port: 900 + index } });
    }
    const lookup = { protocol: 'tcp', address: server, port: 53 } as const;
    log
      .saw('routes', 34, lookup, { task: 'n:0:0' })
      .add(40, { type: 'canary-answer', id: 'c0', answer: 'NXDOMAIN' })
      .add(40, { type: 'canary-answer', id: 'c1', answer: 'NXDOMAIN' })
      .saw('routes', 41, lookup, { task: 'n:1:0' });
    const seen = new Map(log.report().canaries.map((canary) => [canary.id, canary.seen]));
    expect(seen.get('c0')).to.deep.equal(['routes', 'link']);
    expect(seen.get('c1')).to.deep.equal(['link']);
  });

  it('gives a question to who has its source port by then, though it bound the port without an address', () => {
    const server = { protocol: 'udp', address: CLUSTER_DNS, port: 53 } as const;
    const port = 60368;
    const log = new LogBuilder()
      .pod('both', '10.42.0.5')
      .task('n:1:0', '/usr/bin/syncthing', { container: containerIdOf('both') })
      .task('n:2:0', '/usr/bin/rspamd', { container: containerIdOf('both') })
      .saw('routes', 146, server, { task: 'n:1:0', from: { address: '10.42.0.5', port } })
      .saw('routes', 197, server, { task: 'n:2:0', from: { port } })
      .saw('cni', 203, question('k5xv4cs2.multi.uribl.com', COREDNS), {
        from: { address: '10.42.0.5', port },
      });
    expect(log.attempts().map(({ source }) => source.process.exe)).to.deep.equal(['/usr/bin/rspamd']);
  });
});
