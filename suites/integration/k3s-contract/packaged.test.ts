// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { expect } from 'chai';
import { K3S } from '../../../harness/core/k3s-paths.ts';
import { sh } from '../providers/fixture.ts';
import { needs, needsParts, REPO_ROOT } from '../support/needs.ts';
import { type ContractK3s, contractK3s, until } from './contract-k3s.ts';

const NODE = '10.99.0.1';
const SHOP = join(REPO_ROOT, 'examples/clean/images/shop.tar.zst');
const WEB = 'registry.shop.example/shop/api:1.0.0';

/** A web server behind a Service, a volume that two pods use one after the other, an Ingress. */
const WORKLOADS = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: default }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [{ name: c, image: "${WEB}", ports: [{ name: http, containerPort: 9898 }] }]
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: http }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: default }
spec:
  rules:
    - host: shop.example
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data, namespace: default }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Mi } } }
`;

/** The same behind `/app`, which the Middleware takes off. */
const INGRESS_ROUTE = `apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: { name: strip, namespace: default }
spec: { stripPrefix: { prefixes: [/app] } }
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: web, namespace: default }
spec:
  entryPoints: [web]
  routes:
    - kind: Rule
      match: Host(\`route.example\`) && PathPrefix(\`/app\`)
      middlewares: [{ name: strip }]
      services: [{ name: web, port: 80 }]
`;

const loadBalancer = (ranges: string): string => `apiVersion: v1
kind: Service
metadata: { name: front, namespace: default }
spec: { type: LoadBalancer, selector: { app: web }, loadBalancerSourceRanges: [${ranges}], ports: [{ port: 8081, targetPort: http }] }
`;

const holder = (name: string): string => `apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: default }
spec:
  terminationGracePeriodSeconds: 0
  containers: [{ name: c, image: "${WEB}", volumeMounts: [{ name: data, mountPath: /data }] }]
  volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]
`;

describe('K3s contract: what it packages', function packaged() {
  this.timeout(240_000);
  let k3s: ContractK3s;
  const manifest = (name: string): string => join(K3S.manifests, name);
  const system = async (...args: string[]): Promise<string> =>
    await k3s.kubectl('-n', 'kube-system', ...args);
  const apply = async (content: string): Promise<void> => {
    await k3s.node.writeFile('/run/object.yaml', content);
    await k3s.kubectl('apply', '-f', '/run/object.yaml');
  };
  const rollout = async (deployment: string): Promise<void> => {
    await until(`${deployment} is there`, 30, async () => (await system('get', deployment)) !== '');
    await system('rollout', 'status', deployment, '--timeout=120s');
  };

  before(async function () {
    needs(this, 'root', 'netns', 'k3s');
    k3s = await contractK3s({ packaged: true, more: [SHOP] });
    await k3s.node.writeFile(manifest('workloads.yaml'), WORKLOADS);
    await k3s.start();
    await until(
      'the workloads are applied',
      60,
      async () => (await k3s.kubectl('get', 'deployment/web')) !== '',
    );
  });
  after(async () => await k3s?.[Symbol.asyncDispose]());

  describe('local-storage', () => {
    before(async function () {
      await needsParts(this, 'local-storage');
    });
    let folder: string;
    it('local-path is the default StorageClass, bound by the first pod', async () => {
      await rollout('deployment/local-path-provisioner');
      const found: unknown = JSON.parse(await k3s.kubectl('get', 'storageclass', 'local-path', '-o', 'json'));
      expect(found).to.include({
        provisioner: 'rancher.io/local-path',
        volumeBindingMode: 'WaitForFirstConsumer',
        reclaimPolicy: 'Delete',
      });
      expect(found).to.have.nested.property(
        'metadata.annotations.storageclass\\.kubernetes\\.io/is-default-class',
        'true',
      );
      expect(await k3s.kubectl('get', 'pvc', 'data', '-o', 'jsonpath={.status.phase}')).to.equal('Pending');
    });
    it('a volume is a folder of the node below storage/, writable for every user', async () => {
      await apply(holder('first'));
      await k3s.kubectl('wait', '--for=condition=Ready', 'pod/first', '--timeout=90s');
      const volume = await k3s.kubectl('get', 'pvc', 'data', '-o', 'jsonpath={.spec.volumeName}');
      folder = `${K3S.dataDir}/storage/${volume}_default_data`;
      expect(await sh(k3s.node, `stat -c %a ${folder}`)).to.equal('777');
    });
    it('what is written stays when the pod is replaced', async () => {
      await sh(k3s.node, `echo kept >${folder}/file`);
      await k3s.kubectl('delete', 'pod', 'first', '--wait');
      await apply(holder('second'));
      await k3s.kubectl('wait', '--for=condition=Ready', 'pod/second', '--timeout=60s');
      const id = await k3s.kubectl('get', 'pod', 'second', '-o', 'jsonpath={.metadata.uid}');
      expect(await sh(k3s.node, `cat /var/lib/kubelet/pods/${id}/volumes/*/*/file`)).to.equal('kept');
    });
    it('the folder goes with the claim', async () => {
      await k3s.kubectl('delete', 'pod', 'second', '--wait');
      await k3s.kubectl('delete', 'pvc', 'data', '--wait');
      await until(
        'the folder is gone',
        60,
        async () => (await sh(k3s.node, `ls -d ${folder} || true`)) === '',
      );
    });
  });

  describe('metrics-server', () => {
    before(async function () {
      await needsParts(this, 'metrics-server');
    });
    it('tells what nodes and pods use', async () => {
      await until('kubectl top has figures', 120, async () => {
        return (await k3s.kubectl('top', 'node', 'n1', '--no-headers')).includes('Mi');
      });
      expect(await system('top', 'pod', '--no-headers')).to.contain('coredns-');
    });
  });

  describe('servicelb', () => {
    before(async function () {
      await needsParts(this, 'servicelb');
    });
    const address = async (service: string): Promise<string> =>
      await k3s.kubectl('get', 'service', service, '-o', 'jsonpath={.status.loadBalancer.ingress[*].ip}');
    const sets = async (): Promise<string> =>
      await system('get', 'daemonset', '-l', 'svccontroller.k3s.cattle.io/svcname=front', '-o', 'name');

    it('a Service of type LoadBalancer gets the address of the node, and answers there', async () => {
      await k3s.kubectl('rollout', 'status', 'deployment/web', '--timeout=120s');
      await apply(loadBalancer(''));
      await until('it has its address', 60, async () => (await address('front')) === NODE);
      const question = ['http', 'http://any.example/healthz', '--via', `${NODE}:8081`] as const;
      await until('it answers there', 60, async () => (await k3s.outside(...question)).status === 200);
    });
    it('by a DaemonSet svclb-NAME-ID in kube-system, whose pods pass on what comes to the port', async () => {
      expect(await sets()).to.match(/^daemonset\.apps\/svclb-front-[0-9a-f]{8}$/);
      await system('rollout', 'status', await sets(), '--timeout=60s');
      const fields = '{.items[0].status.podIP} {.items[0].status.containerStatuses[*].restartCount}';
      const selector = 'svccontroller.k3s.cattle.io/svcname=front';
      const [ip, restarts] = (await system('get', 'pod', '-l', selector, '-o', `jsonpath=${fields}`)).split(
        ' ',
      );
      expect(restarts).to.equal('0');
      const { status, error } = await k3s.fromNode('http', `http://${ip}:8081/healthz`);
      expect(status, error).to.equal(200);
    });
    it('only those may come who are in loadBalancerSourceRanges', async () => {
      await apply(loadBalancer('192.0.2.0/24'));
      await until('nobody answers', 60, async () => !(await k3s.outside('tcp', `${NODE}:8081`)).ok);
      await apply(loadBalancer('10.0.0.0/8'));
      await until('it answers again', 60, async () => (await k3s.outside('tcp', `${NODE}:8081`)).ok);
    });
    it('a port that is taken on every node leaves a Service without an address', async () => {
      await apply(loadBalancer('').replaceAll('front', 'second'));
      await until('its pod waits', 30, async () => {
        const selector = 'svccontroller.k3s.cattle.io/svcname=second';
        return (
          (await system('get', 'pod', '-l', selector, '-o', 'jsonpath={.items[*].status.phase}')) ===
          'Pending'
        );
      });
      expect(await address('second')).to.equal('');
      await k3s.kubectl('delete', 'service', 'second');
    });
    it('it goes with the Service', async () => {
      await k3s.kubectl('delete', 'service', 'front');
      await until('the DaemonSet is gone', 30, async () => (await sets()) === '');
    });
  });

  describe('traefik', () => {
    before(async function () {
      await needsParts(this, 'traefik', 'servicelb');
    });
    const ask = async (url: string): ReturnType<ContractK3s['outside']> =>
      await k3s.outside('http', url, '--via', `${NODE}:${url.startsWith('https') ? 443 : 80}`);

    it('is the default class, and its Service has the address of the node', async () => {
      await rollout('deployment/traefik');
      const annotation = '{.metadata.annotations.ingressclass\\.kubernetes\\.io/is-default-class}';
      expect(await k3s.kubectl('get', 'ingressclass', 'traefik', '-o', `jsonpath=${annotation}`)).to.equal(
        'true',
      );
      await until('the Ingress has the address', 90, async () => {
        const ip = 'jsonpath={.status.loadBalancer.ingress[*].ip}';
        return (await k3s.kubectl('get', 'ingress', 'web', '-o', ip)) === NODE;
      });
    });
    it('routes by host name, and answers 404 for any other', async () => {
      await until('it answers', 30, async () => (await ask('http://shop.example/healthz')).status === 200);
      expect((await ask('http://other.example/healthz')).status).to.equal(404);
    });
    it('routes by an IngressRoute, through its Middleware', async () => {
      await apply(INGRESS_ROUTE);
      await until('it answers', 30, async () => {
        return (await ask('http://route.example/app/healthz')).status === 200;
      });
      expect((await ask('http://route.example/healthz')).status).to.equal(404);
      await k3s.kubectl('delete', 'middleware.traefik.io', 'strip');
      await until('without its Middleware it is not served', 30, async () => {
        return (await ask('http://route.example/app/healthz')).status === 404;
      });
    });
    it('answers by HTTPS as well, with a certificate of its own where the Ingress has none', async () => {
      const { status, certificate } = await ask('https://shop.example/healthz');
      expect({ status, covers: certificate?.covers }).to.deep.equal({ status: 200, covers: false });
    });
  });

  it('nothing of it is asked for from outside: all images are on the node', async () => {
    const reasons = 'jsonpath={range .items[*]}{.reason} {.involvedObject.name}{"\\n"}{end}';
    const events = await k3s.kubectl('get', 'events', '-A', '-o', reasons);
    expect(events.split('\n').filter((line) => /^(Pulling|Failed) /.test(line))).to.deep.equal([]);
  });

  describe('--disable', () => {
    it('removes the objects of parts that ran, and their files', async () => {
      await k3s.stop();
      await k3s.start('--disable', 'traefik,local-storage,metrics-server,servicelb');
      for (const name of ['traefik', 'local-path-provisioner', 'metrics-server']) {
        await until(`${name} is gone`, 90, async () => {
          return (await k3s.k3s('kubectl', '-n', 'kube-system', 'get', 'deployment', name)).stderr.includes(
            'NotFound',
          );
        });
      }
      await until('their files are gone', 30, async () => {
        const files = await sh(k3s.node, `ls -R ${K3S.manifests}`);
        return !/traefik|local-storage|metrics-apiservice/.test(files);
      });
      await rollout('deployment/coredns');
    });
  });
});
