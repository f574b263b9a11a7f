// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { LogBuilder, containerIdOf, S, uidOf } from './log-builder.ts';

const CURL = '/usr/bin/curl';

describe('attempts from routing look-ups', () => {
  it('names process, ancestors, container, pod, owner, image, phases and counts of a pod’s connection', () => {
    const log = new LogBuilder({
      bundle: {
        name: 'shop',
        version: '1.0',
        format: 'bundle.yaml',
        path: 'examples/shop',
        digest: `sha256:${'b'.repeat(64)}`,
        items: [],
        images: [
          {
            reference: 'registry.example/web:1',
            configDigest: `sha256:${'1'.repeat(64)}`,
            manifestDigest: null,
            format: 'docker-archive',
            platform: 'linux/amd64',
            archive: 'images/web.tar.zst',
            platformImage: false,
            layers: 1,
            size: 1,
          },
        ],
      },
    })
      .phase('install', 2, 10)
      .phase('settle', 10, 90)
      .pod('web', '10.42.0.5')
      .task('n:1:0', '/usr/local/bin/airgap-node')
      .task('n:2:0', '/opt/k3s/bin/containerd-shim-runc-v2', { parent: 'n:1:0' })
      .task('n:3:0', '/bin/sh', { parent: 'n:2:0', container: containerIdOf('web') })
      .task('n:4:0', '/bin/sh', { parent: 'n:3:0', container: containerIdOf('web') })
      .task('n:4:0', CURL, {
        parent: 'n:3:0',
        container: containerIdOf('web'),
        argv: ['curl', '-u', 'me:secret', 'https://198.51.100.7'],
      })
      .saw(
        'routes',
        5,
        { protocol: 'tcp', address: '198.51.100.7', port: 443 },
        { node: 'n', task: 'n:4:0', from: { address: '10.42.0.5', port: 40000 }, count: 2, last: 5.5 * S },
      )
      .saw(
        'routes',
        20,
        { protocol: 'tcp', address: '198.51.100.7', port: 443 },
        { node: 'n', task: 'n:4:0' },
      )
      .saw(
        'cni',
        5.001,
        { protocol: 'tcp', address: '198.51.100.7', port: 443 },
        { from: { address: '10.42.0.5', port: 40000 }, raw: { file: 'capture/cni.pcap', record: 7 } },
      );
    expect(log.attempts()).to.deep.equal([
      {
        id: log.attempts()[0]?.id,
        phases: { install: 2, settle: 1 },
        first: 5000,
        last: 20000,
        count: 3,
        protocol: 'tcp',
        destination: { address: '198.51.100.7', port: 443, name: null, sni: null, path: null },
        source: {
          node: 'n',
          pod: 'web-0',
          pods: ['shop/web-0'],
          namespace: 'shop',
          owner: 'Deployment/web',
          container: 'app',
          image: 'registry.example/web:1',
          item: 'images/web.tar.zst',
          process: {
            exe: CURL,
            argv: ['curl', '-u', 'me:***', 'https://198.51.100.7'],
            ancestors: ['/bin/sh', '/opt/k3s/bin/containerd-shim-runc-v2'],
          },
        },
        confidence: { process: 'observed', pod: 'observed', image: 'observed', item: 'joined' },
        accepted: null,
        evidence: [
          { observer: 'routes', file: null, record: null, text: 'routes at 5' },
          { observer: 'cni', file: 'capture/cni.pcap', record: 7, text: null },
          { observer: 'routes', file: null, record: null, text: 'routes at 20' },
        ],
        asked: [],
        askedCount: 0,
        class: 'http-by-address',
        classifiedBy: 'harness',
        what: 'a web server named by its address',
        remedy:
          'Take the hard-coded address out of Deployment/web (container app) in namespace shop: make it a setting, and declare what the site provides in gate.yaml under site.internal.',
      },
    ]);
  });

  it('keeps the id over runs, pods, times and phases, and changes it with each part of the key', () => {
    const attempt = (options: {
      pod?: string;
      ip?: string;
      at?: number;
      port?: number;
      namespace?: string;
    }) => {
      const { pod = 'web', ip = '10.42.0.5', at = 3, port = 443, namespace = 'shop' } = options;
      const log = new LogBuilder()
        .phase('install', 2, 10)
        .phase('settle', 10, 90)
        .pod(pod, ip, { owner: { kind: 'Deployment', name: 'web' }, namespace })
        .task('n:4:0', CURL, { container: containerIdOf(pod) })
        .saw('routes', at, { protocol: 'tcp', address: '198.51.100.7', port }, { task: 'n:4:0' });
      return log.attempts()[0]?.id;
    };
    const id = attempt({});
    expect(id).to.match(/^[0-9a-f]{16}$/);
    expect(attempt({ pod: 'web-other', ip: '10.42.0.9', at: 60 })).to.equal(id);
    expect(attempt({ port: 80 })).to.not.equal(id);
    expect(attempt({ namespace: 'blog' })).to.not.equal(id);
  });

  it('takes the task as it was at the time: a shell that execs later was a shell when it called out', () => {
    const log = new LogBuilder()
      .task('n:5:0', '/bin/sh')
      .saw('routes', 3, { protocol: 'udp', address: '198.51.100.7', port: 99 }, { task: 'n:5:0' })
      .task('n:5:0', '/usr/sbin/server')
      .saw('routes', 4, { protocol: 'udp', address: '198.51.100.8', port: 99 }, { task: 'n:5:0' });
    expect(
      log.attempts().map(({ destination, source }) => [destination.address, source.process.exe]),
    ).to.have.deep.members([
      ['198.51.100.7', '/bin/sh'],
      ['198.51.100.8', '/usr/sbin/server'],
    ]);
  });

  it('keeps two programs of the node apart that reach for the same address', () => {
    const to = { protocol: 'tcp', address: '198.51.100.7', port: 443 } as const;
    const log = new LogBuilder()
      .task('n:5:0', CURL)
      .task('n:6:0', '/usr/bin/wget')
      .saw('routes', 3, to, { task: 'n:5:0' })
      .saw('routes', 3, to, { task: 'n:6:0' });
    const attempts = log.attempts();
    expect(attempts.map(({ source }) => source.process.exe)).to.deep.equal([CURL, '/usr/bin/wget']);
    expect(attempts.map(({ confidence }) => confidence.pod)).to.deep.equal(['observed', 'observed']);
    expect(new Set(attempts.map(({ id }) => id)).size).to.equal(2);
  });

  it('resolves container and pod facts that arrive after the sighting', () => {
    const log = new LogBuilder()
      .task('n:4:0', CURL, { container: containerIdOf('late') })
      .saw('routes', 3, { protocol: 'udp', address: '198.51.100.7', port: 99 }, { task: 'n:4:0' })
      .pod('late', '10.42.0.5');
    expect(log.attempts()[0]?.source.owner).to.equal('Deployment/late');
  });

  it('knows the pod by its uid in the cgroup path when the runtime never told of the container', () => {
    const log = new LogBuilder()
      .add(0, {
        type: 'pod',
        pod: { namespace: 'shop', name: 'one-0', uid: uidOf('one') },
        owner: { kind: 'StatefulSet', name: 'one' },
        ips: ['10.42.0.5'],
        hostNetwork: false,
        containers: [{ name: 'only', image: 'one:1', kind: 'container' }],
        labels: {},
      })
      .task('n:4:0', CURL, { container: 'f'.repeat(64), podUid: uidOf('one') })
      .saw('routes', 3, { protocol: 'udp', address: '198.51.100.7', port: 99 }, { task: 'n:4:0' });
    const [attempt] = log.attempts();
    expect(attempt?.source).to.include({ owner: 'StatefulSet/one', container: 'only', image: 'one:1' });
    expect(attempt?.confidence).to.include({ pod: 'observed', image: 'inferred' });
  });

  for (const [address, inside] of [
    ['127.0.0.53', true],
    ['0.0.0.0', true],
    ['::1', true],
    ['::ffff:10.42.3.4', true],
    ['fe80::1', true],
    ['ff02::16', true],
    ['224.0.0.251', true],
    ['255.255.255.255', true],
    ['10.99.0.2', true],
    ['10.43.0.1', true],
    ['fd99::9', true],
    ['169.254.169.254', false],
    ['239.255.255.250', false],
    ['ff05::2', false],
    ['10.44.0.1', false],
    ['fd98::1', false],
    ['2001:0db8:0:0:0:0:0:7', false],
  ] as const) {
    it(`takes ${address} for ${inside ? 'inside' : 'outside'}`, () => {
      const log = new LogBuilder().saw('routes', 3, { protocol: 'tcp', address, port: 443 });
      expect(log.attempts()).to.have.length(inside ? 0 : 1);
    });
  }

  it('does not report address sorting of C libraries and Go, but does once a frame shows that something was sent', () => {
    const log = new LogBuilder()
      .pod('web', '10.42.0.5')
      .task('n:4:0', CURL, { container: containerIdOf('web') });
    for (const port of [0, 9, 65535])
      log.saw('routes', 3, { protocol: 'udp', address: '198.51.100.7', port }, { task: 'n:4:0' });
    log.saw(
      'routes',
      3,
      { protocol: 'other', protocolNumber: 0, address: '198.51.100.7' },
      { task: 'n:4:0' },
    );
    expect(log.attempts()).to.deep.equal([]);
    log.saw(
      'cni',
      3.1,
      { protocol: 'udp', address: '198.51.100.7', port: 9 },
      { from: { address: '10.42.0.5', port: 1 } },
    );
    const sent = log.attempts();
    expect(sent.map(({ destination, count }) => [destination.port, count])).to.deep.equal([[9, 1]]);
    // a socket asked for its route: no frame that a program built itself
    expect(sent.map((one) => [one.class, one.source.process.exe])).to.deep.equal([['unknown-address', CURL]]);
  });

  it('reports TCP to port 9 and UDP to port 10', () => {
    const log = new LogBuilder()
      .saw('routes', 3, { protocol: 'tcp', address: '198.51.100.7', port: 9 })
      .saw('routes', 3, { protocol: 'udp', address: '198.51.100.7', port: 10 });
    expect(log.attempts()).to.have.length(2);
  });

  it('folds the source-address probe of ping into the ping, and counts it only when no ICMP follows', () => {
    const log = new LogBuilder()
      .task('n:4:0', '/usr/bin/ping')
      .saw('routes', 3, { protocol: 'udp', address: '198.51.100.7', port: 1025 }, { task: 'n:4:0' })
      .saw('routes', 3, { protocol: 'udp', address: '2001:db8::7', port: 1025 }, { task: 'n:4:0' })
      .saw('routes', 3, { protocol: 'udp', address: '198.51.100.53', port: 53 }, { task: 'n:4:0' })
      .saw(
        'routes',
        3.1,
        { protocol: 'icmp', address: '198.51.100.7', port: 0 },
        { task: 'n:4:0', count: 2 },
      );
    expect(
      log
        .attempts()
        .map(({ protocol, destination, count, class: kind }) => [
          protocol,
          destination.address,
          destination.port,
          count,
          kind,
        ]),
    ).to.deep.equal([
      ['udp', '198.51.100.53', 53, 1, 'dns-server'],
      ['icmp', '198.51.100.7', null, 2, 'icmp-ping'],
      ['icmpv6', '2001:db8::7', null, 1, 'icmp-ping'],
    ]);
  });

  it('folds the source-address probe of mtr into its ICMP', () => {
    const log = new LogBuilder()
      .task('n:4:0', '/usr/bin/mtr')
      .saw('routes', 3, { protocol: 'udp', address: '198.51.100.7', port: 1 }, { task: 'n:4:0' })
      .saw('routes', 4, { protocol: 'icmp', address: '198.51.100.7', port: 0 }, { task: 'n:4:0' });
    expect(log.attempts().map(({ protocol, count }) => [protocol, count])).to.deep.equal([['icmp', 1]]);
    const byTcp = new LogBuilder()
      .task('n:4:0', '/usr/bin/mtr', { argv: ['mtr', '--tcp', '198.51.100.7'] })
      .saw('routes', 3, { protocol: 'udp', address: '198.51.100.7', port: 1 }, { task: 'n:4:0' });
    expect(byTcp.attempts().map(({ protocol }) => protocol)).to.deep.equal(['udp']);
  });

  it('makes one attempt of a traceroute, which uses another port for each hop', () => {
    const log = new LogBuilder().task('n:4:0', '/usr/bin/traceroute');
    for (const port of [33434, 33435, 33436])
      log.saw('routes', 3, { protocol: 'udp', address: '198.51.100.7', port }, { task: 'n:4:0' });
    expect(log.attempts().map(({ destination, count }) => [destination.port, count])).to.deep.equal([
      [33434, 3],
    ]);
  });

  it('leaves out canaries and whatever pods of the harness do', () => {
    const log = new LogBuilder()
      .pod('probe', '10.42.0.7', { namespace: 'airgap-canary' })
      .task('n:4:0', '/airgap-node', { container: containerIdOf('probe') })
      .add(1, {
        type: 'canary',
        id: 'c1',
        place: 'node',
        kind: 'tcp6',
        stage: 'start',
        to: { protocol: 'tcp', address: '2001:db8:0::9', port: 4000 },
        expect: ['routes', 'link'],
      })
      .saw('routes', 1, { protocol: 'tcp', address: '2001:db8::9', port: 4000 })
      .saw('routes', 3, { protocol: 'tcp', address: '198.51.100.9', port: 80 }, { task: 'n:4:0' })
      .saw(
        'cni',
        3,
        { protocol: 'tcp', address: '198.51.100.9', port: 80 },
        { from: { address: '10.42.0.7' } },
      )
      .saw(
        'cni',
        3,
        { protocol: 'udp', address: '198.51.100.10', port: 80 },
        { from: { address: '10.42.0.7' } },
      );
    const { attempts, canaries } = log.report();
    expect(attempts).to.deep.equal([]);
    expect(canaries).to.deep.equal([
      {
        id: 'c1',
        stage: 'start',
        place: 'node',
        kind: 'tcp6',
        to: '[2001:db8:0::9]:4000',
        expected: ['routes', 'link'],
        seen: ['routes'],
        result: 'fail',
        answer: null,
      },
    ]);
  });

  it('reports the canary’s address at another port: only the exact destination is the canary', () => {
    const log = new LogBuilder()
      .add(1, {
        type: 'canary',
        id: 'c1',
        place: 'node',
        kind: 'tcp4',
        stage: 'start',
        to: { protocol: 'tcp', address: '203.0.113.9', port: 4000 },
        expect: ['routes'],
      })
      .saw('routes', 3, { protocol: 'tcp', address: '203.0.113.9', port: 4001 });
    expect(log.attempts().map(({ destination }) => destination.port)).to.deep.equal([4001]);
  });
});

describe('attempts from captured frames', () => {
  const to = { protocol: 'udp', address: '198.51.100.7', port: 500 } as const;

  it('gives a frame that no look-up explains to the pod of its source address, and says that the process is unknown', () => {
    const log = new LogBuilder()
      .pod('web', '10.42.0.5')
      .saw('cni', 3, to, { from: { address: '10.42.0.5' }, count: 4 });
    const [attempt] = log.attempts();
    expect(attempt?.source).to.deep.include({ owner: 'Deployment/web', container: 'app' });
    expect(attempt?.source.process.exe).to.equal(null);
    expect(attempt?.confidence).to.deep.equal({
      process: 'unknown',
      pod: 'joined',
      image: 'inferred',
      item: 'unknown',
    });
    expect([attempt?.count, attempt?.class]).to.deep.equal([4, 'raw-frame']);
  });

  it('gives a connection in another pod’s network namespace to the process that made it, once', () => {
    const place = { protocol: 'tcp', address: '203.0.113.165', port: 4165 } as const;
    const from = { address: '10.42.0.8', port: 56436 };
    const log = new LogBuilder()
      .pod('victim', from.address)
      .pod('intruder', '10.42.0.9')
      .task('n:4:0', CURL, { container: containerIdOf('intruder') })
      .saw('routes', 3, place, { task: 'n:4:0', from })
      .saw('cni', 3.1, place, { from });
    expect(log.attempts().map(({ source, count }) => [source.owner, count])).to.deep.equal([
      ['Deployment/intruder', 1],
    ]);
  });

  it('tells frames that carry no IP apart by their type, and lists whose they can be', () => {
    const address = '01-80-c2-00-00-0e';
    const log = new LogBuilder()
      .pod('web', '10.42.0.5')
      .pod('lldp', '10.99.0.1', { hostNetwork: true })
      .saw('link', 3, { protocol: 'other', protocolNumber: 0x88cc, address })
      .saw('link', 3, { protocol: 'other', protocolNumber: 0x88b5, address });
    const attempts = log.attempts();
    expect(attempts.map(({ protocol }) => protocol)).to.have.members([
      'ethertype-0x88cc',
      'ethertype-0x88b5',
    ]);
    for (const attempt of attempts) {
      expect(attempt.class).to.equal('raw-frame');
      expect(attempt.remedy).to.include('can be of: shop/Deployment/lldp, a process of the node itself');
    }
  });

  it('lists the pods that a frame on their bridge can be of when its source address is no pod’s', () => {
    const [attempt] = new LogBuilder()
      .pod('web', '10.42.0.5')
      .pod('agent', '10.99.0.1', { hostNetwork: true })
      .saw('cni', 3, to, { from: { address: '192.0.2.66' } })
      .attempts();
    expect(attempt?.source.owner).to.equal(null);
    expect(attempt?.remedy).to.include('that no known pod has, and can be of: shop/Deployment/web.');
  });

  it('knows no culprit of a frame on the link that nothing explains', () => {
    const [attempt] = new LogBuilder().saw('link', 3, to, { from: { address: '10.99.0.1' } }).attempts();
    expect(attempt?.source).to.deep.include({ owner: null, pod: null, container: null });
    expect(attempt?.confidence).to.deep.equal({
      process: 'unknown',
      pod: 'unknown',
      image: 'unknown',
      item: 'unknown',
    });
  });

  it('joins a masqueraded frame on the link to the look-up with the same source port, not to the nearer one', () => {
    const log = new LogBuilder()
      .task('n:4:0', '/bin/one')
      .task('n:5:0', '/bin/two')
      .saw('routes', 3, to, { task: 'n:4:0', from: { port: 1111 } })
      .saw('routes', 3.5, to, { task: 'n:5:0', from: { port: 2222 } })
      .saw('link', 3.6, to, { from: { address: '10.99.0.1', port: 1111 } });
    expect(
      log
        .attempts()
        .map(({ source, count, evidence }) => [
          source.process.exe,
          count,
          evidence.map(({ observer }) => observer),
        ]),
    ).to.deep.equal([
      ['/bin/one', 1, ['routes', 'link']],
      ['/bin/two', 1, ['routes']],
    ]);
  });

  it('joins by destination within two seconds, and makes an attempt of its own of a frame ten seconds later', () => {
    const near = new LogBuilder().saw('routes', 3, to).saw('link', 4.9, to);
    expect(near.attempts()).to.have.length(1);
    const far = new LogBuilder()
      .task('n:4:0', '/bin/one')
      .saw('routes', 3, to, { task: 'n:4:0' })
      .saw('link', 13, to);
    expect(far.attempts()).to.have.length(2);
  });

  it('joins a late frame of a pod to what that pod tried, but never to what another pod tried', () => {
    const log = new LogBuilder()
      .pod('web', '10.42.0.5')
      .pod('api', '10.42.0.6')
      .task('n:4:0', '/bin/one', { container: containerIdOf('web') })
      .saw('routes', 3, to, { task: 'n:4:0' })
      .saw('cni', 40, to, { from: { address: '10.42.0.5' } })
      .saw('cni', 3, to, { from: { address: '10.42.0.6' } });
    expect(
      log.attempts().map(({ source, count, evidence }) => [source.owner, count, evidence.length]),
    ).to.deep.equal([
      ['Deployment/api', 1, 1],
      ['Deployment/web', 1, 2],
    ]);
  });

  it('joins the frame of a raw socket, whose look-up carries protocol 255, to that look-up', () => {
    const log = new LogBuilder()
      .pod('web', '10.42.0.5')
      .task('n:4:0', '/bin/nmap', { container: containerIdOf('web') })
      .saw(
        'routes',
        3,
        { protocol: 'other', protocolNumber: 255, address: '198.51.100.7' },
        { task: 'n:4:0' },
      )
      .saw(
        'cni',
        3,
        { protocol: 'tcp', address: '198.51.100.7', port: 22 },
        { from: { address: '10.42.0.5' } },
      );
    expect(log.attempts().map(({ protocol, source }) => [protocol, source.process.exe])).to.deep.equal([
      ['raw', '/bin/nmap'],
    ]);
  });

  it('gives an address to the pod that held it at that time', () => {
    const log = new LogBuilder().pod('old', '10.42.0.5');
    log.events.push({
      ...log.events[1]!,
      at: 30 * S,
      type: 'pod',
      pod: { namespace: 'shop', name: 'new-0', uid: 'u2' },
      owner: { kind: 'Deployment', name: 'new' },
      ips: ['10.42.0.5'],
      hostNetwork: false,
      containers: [],
      labels: {},
    });
    log
      .saw('cni', 20, to, { from: { address: '10.42.0.5' } })
      .saw('cni', 40, to, { from: { address: '10.42.0.5' } });
    expect(log.attempts().map(({ source, first }) => [source.owner, first])).to.deep.equal([
      ['Deployment/new', 40000],
      ['Deployment/old', 20000],
    ]);
  });
});
