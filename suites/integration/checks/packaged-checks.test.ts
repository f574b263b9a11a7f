// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { builtinChecks } from '../../../harness/checks/builtin-checks.ts';
import { runCheck } from '../../../harness/checks/run-checks.ts';
import { waitSettled } from '../../../harness/checks/settle.ts';
import { readAssets } from '../../../harness/core/assets.ts';
import { K3S_PARTS } from '../../../harness/core/k3s-parts.ts';
import type { CheckResult } from '../../../harness/core/cluster.ts';
import { sh } from '../providers/fixture.ts';
import { bootKubernetes, type KubernetesSite } from '../support/kubernetes-site.ts';
import { needs, needsParts, REPO_ROOT } from '../support/needs.ts';

const WEB = 'registry.shop.example/shop/api:1.0.0';
const IDS = ['volumes', 'load-balancers', 'ingresses', 'metrics-api'] as const;

const WORKLOADS = `apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{ name: c, image: "${WEB}", volumeMounts: [{ name: data, mountPath: /data }] }]
      volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data, namespace: shop }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Mi } } }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: 9898 }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec:
  tls: [{ hosts: [shop.example], secretName: web }]
  rules:
    - host: shop.example
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { name: http } } } }] }
`;

const traefikRoute = (
  name: string,
  service: string,
  middleware: string,
): string => `apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: { name: ${name}, namespace: shop }
spec:
  entryPoints: [web]
  routes:
    - kind: Rule
      match: Host(\`${name}.example\`) && PathPrefix(\`/app\`)
      middlewares: [${middleware}]
      services: [{ name: ${service}, port: http }]
`;

const STRIP = `apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: { name: strip, namespace: shop }
spec: { stripPrefix: { prefixes: [/app] } }
`;

const ingressOf = (name: string, ingressClass: string): string => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name}, namespace: shop }
spec: { ingressClassName: ${ingressClass}, defaultBackend: { service: { name: web, port: { number: 80 } } } }
`;

const taken = `apiVersion: v1
kind: Service
metadata: { name: taken, namespace: shop }
spec: { type: LoadBalancer, selector: { app: web }, ports: [{ port: 443, targetPort: 9898 }] }
`;

/** Each check on what K3s packages, on a real node: green as it is, then red for something broken for it. */
describe('checks on what K3s packages', function packagedChecks() {
  this.timeout(240_000);
  let site: KubernetesSite;
  before(async function () {
    needs(this, 'root', 'netns', 'k3s');
    await needsParts(this, ...K3S_PARTS);
    const { k3s } = await readAssets(REPO_ROOT);
    const shop = join(REPO_ROOT, 'examples/clean/images/shop.tar.zst');
    site = await bootKubernetes([...Object.values(k3s.parts ?? {}), shop]);
    await certificate('shop.example');
    await apply(WORKLOADS);
    await settled();
    await eventually(async () => (await kubectl('get', 'ingress', '-n', 'shop')).includes('10.99.0.1'));
  });
  after(async () => await site?.[Symbol.asyncDispose]());

  async function ask(id: (typeof IDS)[number]): Promise<CheckResult> {
    const check = builtinChecks.find((candidate) => candidate.id === id) ?? expect.fail(`no check ${id}`);
    return await runCheck(check, site.context);
  }

  async function kubectl(...args: readonly string[]): Promise<string> {
    return await site.cluster.kubectl(args);
  }

  async function apply(content: string): Promise<void> {
    await site.node.writeFile('/run/object.yaml', content);
    await kubectl('apply', '-f', '/run/object.yaml');
  }

  async function settled(): Promise<void> {
    const { signal } = site.context;
    const wait = { signal, deadlineMs: 120_000, harnessNamespaces: ['airgap-probe'] };
    expect(await waitSettled(site.cluster, wait)).to.deep.equal({ unsettled: [], stuck: false });
  }

  /** Puts a certificate for that name into the Secret of the Ingress. */
  async function certificate(name: string): Promise<void> {
    const options = `-subj /CN=${name} -addext subjectAltName=DNS:${name} -days 2 -nodes`;
    await sh(
      site.node,
      `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 ${options} -keyout /run/tls.key -out /run/tls.crt 2>/dev/null
       k3s kubectl create namespace shop --dry-run=client -o yaml | k3s kubectl apply -f - >/dev/null
       k3s kubectl -n shop create secret tls web --key /run/tls.key --cert /run/tls.crt --dry-run=client -o yaml | k3s kubectl apply -f - >/dev/null`,
    );
  }

  it('all are green on a cluster that is well', async () => {
    for (const id of IDS) {
      const { result, message } = await ask(id);
      expect(result, `${id}: ${message}`).to.equal('pass');
    }
    expect((await ask('ingresses')).message).to.equal('2 route(s) of Ingresses answer from outside');
    expect((await ask('volumes')).message).to.contain('a volume of each of local-path kept its data');
  });

  it('the volumes check leaves nothing behind', async () => {
    expect(await kubectl('get', 'pv', '-o', 'name')).to.match(/^\S+\n$/);
    expect(await kubectl('get', 'pvc', '-n', 'airgap-probe', '-o', 'name')).to.equal('');
  });

  it('volumes: data that is gone when the pod has moved', async () => {
    await using _thief = site.node.spawn([
      'sh',
      '-c',
      'while :; do rm -f /var/lib/rancher/k3s/storage/*/airgap-readiness; sleep 0.05; done',
    ]);
    const { result, message } = await ask('volumes');
    expect(result).to.equal('fail');
    expect(message).to.match(
      /^StorageClass local-path: what a pod wrote cannot be read by the next one: .*no such file/,
    );
  });

  it('volumes: a class that is not there', async () => {
    const saved = await kubectl('get', 'storageclass', 'local-path', '-o', 'yaml');
    await kubectl('delete', 'storageclass', 'local-path');
    expect(await ask('volumes')).to.include({
      result: 'fail',
      message: 'StorageClass local-path: there is no such StorageClass',
    });
    await apply(saved.replace(/^ {2}(?:uid|resourceVersion): .*$/gm, ''));
  });

  it('load-balancers: a port that another one has leaves a Service without an address', async () => {
    await apply(taken);
    expect(await ask('load-balancers')).to.include({
      result: 'fail',
      message:
        'Service shop/taken has no address: nothing gives addresses here, or its ports are taken on every node',
    });
    await kubectl('delete', 'service', 'taken', '-n', 'shop');
  });

  it('ingresses: a class that nobody serves, a certificate for another name', async () => {
    await apply(ingressOf('other', 'nginx'));
    await certificate('other.example');
    let answer = await ask('ingresses');
    await eventually(async () => {
      answer = await ask('ingresses');
      return answer.message.includes('certificate');
    });
    // Traefik takes a certificate by the name that is asked for; without one of that name it shows its own.
    expect(answer).to.include({
      result: 'fail',
      message:
        'Ingress shop/other has no address: no ingress controller has taken it (its class is nginx); ' +
        'Ingress shop/web: https://shop.example/ at 10.99.0.1:443 is served with a certificate that is not for shop.example (CN=TRAEFIK DEFAULT CERT)',
    });
    await kubectl('delete', 'ingress', 'other', '-n', 'shop');
  });

  it('ingresses: IngressRoutes, one by a Middleware; one whose Middleware is not there, one whose Service is not', async () => {
    await certificate('shop.example');
    await apply(STRIP);
    await apply(traefikRoute('stripped', 'web', '{ name: strip }'));
    let answer = await ask('ingresses');
    await eventually(async () => {
      answer = await ask('ingresses');
      return answer.result === 'pass';
    });
    expect(answer.message).to.equal('3 route(s) of Ingresses answer from outside');
    await apply(traefikRoute('unstripped', 'web', '{ name: gone }'));
    await apply(traefikRoute('nowhere', 'none', ''));
    expect(await ask('ingresses')).to.include({
      result: 'fail',
      message:
        'IngressRoute shop/nowhere: http://nowhere.example/app at 10.99.0.1:80: status 404, and there is no such Service port behind it; ' +
        'IngressRoute shop/unstripped names Middleware shop/gone, which does not exist',
    });
    await kubectl('delete', 'ingressroute.traefik.io', '--all', '-n', 'shop');
  });

  it('ingresses and load-balancers: nothing runs behind them', async () => {
    await kubectl('scale', 'deployment', 'web', '-n', 'shop', '--replicas=0');
    await apply(taken.replaceAll('taken', 'free').replace('443', '8081'));
    await eventually(async () =>
      (await kubectl('get', 'service', 'free', '-n', 'shop')).includes('10.99.0.1'),
    );
    // Traefik hears a moment later that nothing stands behind the route any more.
    await eventually(async () => (await ask('ingresses')).result === 'fail');
    const [ingress, balancer] = [await ask('ingresses'), await ask('load-balancers')];
    expect(ingress.message).to.contain('http://shop.example/ at 10.99.0.1:80: status 503: nothing answers');
    expect(balancer.message).to.match(/^Service shop\/free is not reached at 10\.99\.0\.1:8081: .*refused/);
    expect([ingress.result, balancer.result]).to.deep.equal(['fail', 'fail']);
  });

  it('metrics-api: the server that should tell is gone', async () => {
    await kubectl('scale', 'deployment', 'metrics-server', '-n', 'kube-system', '--replicas=0');
    await sleep(2_000);
    const { result, message } = await ask('metrics-api');
    expect(result).to.equal('fail');
    expect(message).to.match(/^metrics\.k8s\.io: it does not answer: /);
  });
});

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (let tried = 0; tried < 60; tried += 1) {
    if (await holds()) return;
    await sleep(500);
  }
  expect.fail('it did not come true in 30 s');
}
