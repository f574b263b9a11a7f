// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import type { ImageItem } from '../../../harness/core/bundle.ts';
import { LogBuilder, RUN, uidOf } from './log-builder.ts';

const RESOLVER = '10.99.0.2';
const NODE = '10.99.0.1';

function image(reference: string): ImageItem {
  return {
    reference,
    configDigest: `sha256:${'1'.repeat(64)}`,
    manifestDigest: null,
    format: 'docker-archive',
    platform: null,
    archive: 'images.tar',
    platformImage: false,
    layers: 1,
    size: 1,
  };
}

function node(images: readonly ImageItem[] = []): LogBuilder {
  return new LogBuilder({ bundle: { ...RUN.bundle, images } })
    .task('n:1:0', '/opt/k3s')
    .task('n:2:0', '/var/lib/rancher/k3s/data/current/bin/containerd', { parent: 'n:1:0' });
}

/** The kubelet says that a container waits for an image. */
function pulls(log: LogBuilder, at: number, pod: string, wanted: string): LogBuilder {
  return log.add(at, {
    type: 'pull',
    pod: { namespace: 'shop', name: `${pod}-0`, uid: uidOf(pod) },
    container: 'app',
    image: wanted,
    outcome: 'pulling',
    message: `Pulling image "${wanted}"`,
  });
}

/** containerd asks the node's resolver for a name. */
function asks(log: LogBuilder, at: number, name: string, port = 700): LogBuilder {
  return log
    .saw(
      'routes',
      at,
      { protocol: 'udp', address: RESOLVER, port: 53 },
      { task: 'n:2:0', from: { address: NODE, port } },
    )
    .saw(
      'dns',
      at,
      {
        protocol: 'dns',
        name,
        address: RESOLVER,
        port: 53,
        question: { type: 'A', transport: 'udp', id: port },
      },
      { from: { address: NODE, port } },
    );
}

describe('image pulls of the container runtime', () => {
  it('belong to each pod and image that wanted something of that registry at that time', () => {
    const log = node()
      .pod('web', '10.42.0.5', { image: 'nginx:1.27', pullPolicy: 'Always' })
      .pod('api', '10.42.0.6', { image: 'docker.io/acme/api:2' })
      .pod('db', '10.42.0.7', { image: 'ghcr.io/acme/db:3' });
    pulls(log, 3, 'web', 'nginx:1.27');
    pulls(log, 4, 'api', 'docker.io/acme/api:2');
    pulls(log, 4, 'db', 'ghcr.io/acme/db:3');
    asks(log, 5, 'registry-1.docker.io', 700);
    asks(log, 5, 'ghcr.io', 701);
    const attempts = log.attempts();
    expect(
      attempts.map(({ source, destination, class: kind }) => [
        source.owner,
        source.container,
        source.image,
        destination.name,
        source.process.exe,
        kind,
      ]),
    ).to.deep.equal(
      [
        ['Deployment/api', 'app', 'docker.io/acme/api:2', 'registry-1.docker.io'],
        ['Deployment/db', 'app', 'ghcr.io/acme/db:3', 'ghcr.io'],
        ['Deployment/web', 'app', 'nginx:1.27', 'registry-1.docker.io'],
      ].map((row) => [...row, '/var/lib/rancher/k3s/data/current/bin/containerd', 'image-pull']),
    );
    expect(attempts[0]?.confidence).to.deep.equal({
      process: 'joined',
      pod: 'joined',
      image: 'joined',
      item: 'unknown',
    });
  });

  it('are not given to a pod whose image comes from another registry', () => {
    const log = node().pod('web', '10.42.0.5', { image: 'ghcr.io/acme/web:1' });
    pulls(log, 3, 'web', 'ghcr.io/acme/web:1');
    pulls(log, 3, 'api', 'quay.io/acme/api:1');
    asks(log, 3, 'telemetry.vendor.example');
    const [attempt] = log.attempts();
    expect(attempt?.source).to.include({ owner: null, image: null });
    expect(attempt?.confidence.pod).to.equal('observed');
  });

  it('through a mirror are inferred to be for the only image wanted then', () => {
    const log = node().pod('web', '10.42.0.5', { image: 'ghcr.io/acme/web:1' });
    pulls(log, 3, 'web', 'ghcr.io/acme/web:1');
    asks(log, 3, 'mirror.corp.example');
    const [attempt] = log.attempts();
    expect([attempt?.source.owner, attempt?.confidence.pod]).to.deep.equal(['Deployment/web', 'inferred']);
  });

  it('are not inferred for a host that is also asked when nobody waits: a webhook of the API server, not a mirror', () => {
    const log = node().pod('web', '10.42.0.5', { image: 'ghcr.io/acme/web:1' });
    pulls(log, 10, 'web', 'ghcr.io/acme/web:1');
    asks(log, 1, 'hooks.vendor.example', 700);
    asks(log, 11, 'hooks.vendor.example', 701);
    expect(log.attempts().map(({ source, count }) => [source.owner, count])).to.deep.equal([[null, 2]]);
  });

  it('stay with the runtime when no pod wanted anything, e.g. a sandbox image', () => {
    const [attempt] = asks(node(), 3, 'registry.k8s.io').attempts();
    expect([attempt?.source.owner, attempt?.class]).to.deep.equal([null, 'image-pull']);
    expect(attempt?.remedy).to.match(/sandbox/);
  });

  it('from a registry at an address join by address and port', () => {
    const log = node().pod('web', '10.42.0.5', { image: '198.51.100.9:5000/web:1' });
    pulls(log, 3, 'web', '198.51.100.9:5000/web:1');
    log
      .saw('routes', 3, { protocol: 'tcp', address: '198.51.100.9', port: 5000 }, { task: 'n:2:0' })
      .saw('routes', 90, { protocol: 'tcp', address: '198.51.100.9', port: 5001 }, { task: 'n:2:0' });
    expect(log.attempts().map(({ source, destination }) => [source.owner, destination.port])).to.deep.equal([
      ['Deployment/web', 5000],
      [null, 5001],
    ]);
  });

  it('of a site registry that the gate declares are a dependency of the pods, no leak', () => {
    const log = node().pod('web', '10.42.0.5', { image: 'registry.site.example/web:1' });
    log.events[0] = {
      ...RUN,
      gate: {
        ...RUN.gate,
        internal: [
          {
            name: 'registry',
            hosts: ['registry.site.example'],
            cidrs: [],
            ports: [443],
            description: 'Harbor',
          },
        ],
      },
    };
    pulls(log, 3, 'web', 'registry.site.example/web:1');
    asks(log, 3, 'registry.site.example');
    const { attempts, siteDependencies } = log.report();
    expect(attempts).to.deep.equal([]);
    expect(siteDependencies).to.deep.equal([
      {
        name: 'registry',
        description: 'Harbor',
        stands: null,
        used: true,
        users: ['shop/Deployment/web'],
        destinations: ['registry.site.example'],
        count: 1,
        note: null,
      },
    ]);
  });

  it('of the registry that this run’s site had are a dependency of each pod whose image comes by it, by whatever name', () => {
    const web = 'quay.io/shop/web:1';
    const log = node()
      .pod('web', '10.42.0.5', { image: web })
      .pod('api', '10.42.0.6', { image: 'quay.io/shop/api:1' });
    const item = {
      reference: web,
      configDigest: `sha256:${'1'.repeat(64)}`,
      manifestDigest: null,
      format: 'oci-layout',
      platform: 'linux/amd64',
      archive: 'a.tar',
      platformImage: false,
      via: 'registry',
      layers: 1,
      size: 1,
    } as const;
    log.events[0] = {
      ...RUN,
      bundle: { ...RUN.bundle, images: [item, { ...item, reference: 'quay.io/shop/api:1' }] },
      inside: { ...RUN.inside, node: ['10.99.0.0/26', 'fd99::/64'], site: ['10.99.0.64/26'] },
      services: [
        {
          name: 'registry',
          kind: 'registry',
          hosts: ['registry.site.example'],
          address: '10.99.0.65',
          ports: [443],
          internal: null,
          description: 'private registry',
        },
      ],
    };
    pulls(log, 3, 'web', web);
    pulls(log, 3, 'api', 'quay.io/shop/api:1');
    asks(log, 3, 'registry.site.example');
    const { attempts, siteDependencies, images } = log.report();
    expect(attempts).to.deep.equal([]);
    expect(siteDependencies).to.deep.equal([
      {
        name: 'registry',
        description: 'private registry',
        stands: 'registry',
        used: true,
        users: ['shop/Deployment/api', 'shop/Deployment/web'],
        destinations: ['registry.site.example'],
        count: 2,
        note: null,
      },
    ]);
    expect(images.map(({ name, way, usedBy, again }) => [name, way, usedBy, again])).to.deep.equal([
      [web, 'registry', ['shop/Deployment/web'], null],
      ['quay.io/shop/api:1', 'registry', ['shop/Deployment/api'], null],
    ]);
  });

  const remedies: readonly [string, string, string, readonly string[], RegExp][] = [
    [
      'is not in the bundle',
      'web:1',
      'IfNotPresent',
      [],
      /^docker\.io\/acme\/web:1 is not in the bundle\. Add it, or/,
    ],
    [
      'is in the bundle under policy Always',
      'web:1',
      'Always',
      ['acme/web:1'],
      /is in the bundle \(images\.tar\), but imagePullPolicy: Always .*Set imagePullPolicy: IfNotPresent in Deployment\/web/,
    ],
    [
      'is in the bundle and was not imported',
      'web:1',
      'IfNotPresent',
      ['docker.io/acme/web:1'],
      /not imported, or removed by garbage collection/,
    ],
    [
      'is in the bundle with another tag',
      'web:1',
      'IfNotPresent',
      ['acme/web:2'],
      /wants docker\.io\/acme\/web:1; the bundle has acme\/web:2/,
    ],
  ];
  for (const [title, name, policy, inBundle, remedy] of remedies) {
    it(`say what to do when the image ${title}`, () => {
      const wanted = `docker.io/acme/${name}`;
      const log = node(inBundle.map(image)).pod('web', '10.42.0.5', { image: wanted, pullPolicy: policy });
      pulls(log, 3, 'web', wanted);
      asks(log, 3, 'registry-1.docker.io');
      expect(log.attempts()[0]?.remedy).to.match(remedy);
    });
  }
});
