// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RunningNode } from '../../../harness/core/node.ts';
import { parseVersion } from '../../../harness/site/distribution.ts';
import { type K3s, startK3s } from '../../../harness/site/k3s.ts';
import { writeImageArchive } from '../../../infra/images/build-image.ts';
import { needs } from '../support/needs.ts';
import { contractNode, DATA_DIR, eventually, K3S } from './node-fixture.ts';

/** What the harness may rely on of a K3s binary, each promise once. Runs against AIRGAP_K3S, by default the stand-in. */
describe('the contract of a K3s binary', function contract() {
  this.timeout(180_000);
  const stack = new AsyncDisposableStack();
  let node: RunningNode;
  let start: () => Promise<K3s>;
  let dir: string;

  const run = async (...argv: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await node.exec(argv, { timeoutMs: 60_000 });
    expect(exitCode, `${argv.join(' ')}: ${stderr}`).to.equal(0);
    return stdout;
  };
  const kubectl = async (...args: string[]): Promise<string> => await run(K3S, 'kubectl', ...args);
  const images = async (): Promise<string> => await run(K3S, 'ctr', '-n', 'k8s.io', 'images', 'ls', '-q');
  const archive = async (
    name: string,
    format: 'docker-archive' | 'oci',
    compression: 'none' | 'gzip' | 'zstd',
  ): Promise<string> => {
    const path = join(dir, name);
    const layer = { entries: [{ path: 'name', content: name }] };
    await writeImageArchive(
      path,
      [{ references: [`contract.example/${name.replaceAll('.', '-')}:1`], layers: [layer] }],
      { format, compression },
    );
    return path;
  };

  before(async function () {
    needs(this, 'root', 'netns', 'k3s');
    dir = await mkdtemp(join(tmpdir(), 'airgap-contract-'));
    const made = await contractNode(stack);
    node = made.node;
    const put = async (path: string): Promise<void> =>
      await node.upload(path, `${DATA_DIR}/agent/images/${path.split('/').at(-1)}`);
    await put(await archive('plain.tar', 'docker-archive', 'none'));
    await put(await archive('packed.tar.gz', 'oci', 'gzip'));
    await put(await archive('packed.tar.zst', 'docker-archive', 'zstd'));
    const plain = await archive('packed.tar.bz2', 'docker-archive', 'none');
    execFileSync('python3', [
      '-c',
      'import bz2,sys;p=sys.argv[1];d=bz2.compress(open(p,"rb").read());open(p,"wb").write(d)',
      plain,
    ]);
    await put(plain);
    const broken = join(dir, 'broken.tar');
    await writeFile(
      broken,
      (await readFile(await archive('whole.tar', 'docker-archive', 'none'))).subarray(0, 1500),
    );
    await put(broken);

    await node.writeFile('/etc/rancher/k3s/config.yaml', 'node-label: ["from=config", "other=one"]\n', 0o600);
    await node.writeFile(
      '/etc/rancher/k3s/config.yaml.d/10-more.yaml',
      'node-label+: ["more=dropin"]\n',
      0o600,
    );
    await node.writeFile(
      '/etc/rancher/k3s/registries.yaml',
      'mirrors:\n  registry.contract.example:\n    endpoint: ["http://10.99.0.2:5000"]\n',
      0o600,
    );
    start = async () =>
      await startK3s(node, {
        binary: K3S,
        config: null,
        registries: null,
        link: made.link,
        logFile: join(dir, 'k3s.log'),
        signal: new AbortController().signal,
      });
    await start();
  });
  after(async () => {
    await stack.disposeAsync();
    if (dir !== undefined) await rm(dir, { recursive: true });
  });

  it('--version begins with "k3s version vX.Y.Z"', async () => {
    expect(parseVersion(await run(K3S, '--version'))).to.include({ name: 'k3s' });
  });

  it('an unknown flag and an unknown key of the config file are refused by name', async () => {
    const flag = await node.exec([K3S, 'server', '--no-such-flag'], { timeoutMs: 20_000 });
    expect(flag.exitCode).not.to.equal(0);
    expect(flag.stdout + flag.stderr).to.contain('no-such-flag');
    await node.writeFile('/tmp/bad.yaml', 'no-such-key: 1\n');
    const key = await node.exec([K3S, 'server', '--config', '/tmp/bad.yaml'], { timeoutMs: 20_000 });
    expect(key.exitCode).not.to.equal(0);
    expect(key.stdout + key.stderr).to.contain('no-such-key');
  });

  it('leaves kubeconfig (mode 0600) and join token where installers look', async () => {
    expect(await run('stat', '-c', '%a', '/etc/rancher/k3s/k3s.yaml')).to.equal('600\n');
    expect(await run('cat', `${DATA_DIR}/server/node-token`)).to.match(/^K10[0-9a-f]{64}::server:\S+\n$/);
  });

  it('merges config.yaml with config.yaml.d, where "key+" appends', async () => {
    const labels = await kubectl(
      'get',
      'node',
      'n1',
      '-o',
      'jsonpath={.metadata.labels.from} {.metadata.labels.other} {.metadata.labels.more}',
    );
    expect(labels).to.equal('config one dropin');
  });

  it('imports the images folder: plain, gzip, zstd, bzip2, docker-archive and OCI', async () => {
    const stored = await images();
    for (const name of ['plain-tar', 'packed-tar-gz', 'packed-tar-zst', 'packed-tar-bz2']) {
      expect(stored).to.contain(`contract.example/${name}:1`);
    }
  });

  it('logs a broken archive and goes on', async () => {
    expect(await run('cat', '/var/log/k3s.log')).to.match(/(?:rror|ailed).*broken\.tar/);
  });

  it('imports an archive that is put there while it runs', async () => {
    await node.upload(await archive('late.tar', 'oci', 'none'), `${DATA_DIR}/agent/images/late.tar`);
    expect(await eventually(images, (stored) => stored.includes('contract.example/late-tar:1'))).to.contain(
      'contract.example/late-tar:1',
    );
  });

  it('applies server/manifests, and again when a file changes', async () => {
    const manifest = (value: string): string =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: contract, namespace: default }\ndata: { value: ${value} }\n`;
    const value = async (): Promise<string> =>
      (await node.exec([K3S, 'kubectl', 'get', 'configmap', 'contract', '-o', 'jsonpath={.data.value}']))
        .stdout;
    for (const wanted of ['first', 'second']) {
      await node.writeFile(`${DATA_DIR}/server/manifests/contract.yaml`, manifest(wanted));
      expect(await eventually(value, (found) => found === wanted)).to.equal(wanted);
    }
  });

  it('packages CoreDNS at the cluster’s DNS address, from images it brings', async () => {
    const available = async (): Promise<string> =>
      await kubectl(
        'get',
        'deployment',
        '-n',
        'kube-system',
        'coredns',
        '-o',
        'jsonpath={.status.availableReplicas}',
      );
    expect(await eventually(available, (count) => count === '1')).to.equal('1');
    expect(
      await kubectl('get', 'service', '-n', 'kube-system', 'kube-dns', '-o', 'jsonpath={.spec.clusterIP}'),
    ).to.equal('10.43.0.10');
  });

  it('kubectl logs and exec give content', async () => {
    const logs = async (): Promise<string> =>
      await kubectl('logs', '-n', 'kube-system', 'deployment/coredns');
    expect(await eventually(logs, (text) => text !== '')).to.match(/CoreDNS|\.:53/);
  });

  it('turns the mirrors of registries.yaml into hosts of the runtime', async () => {
    const hosts = await run(
      'cat',
      `${DATA_DIR}/agent/etc/containerd/certs.d/registry.contract.example/hosts.toml`,
    );
    expect(hosts).to.contain('http://10.99.0.2:5000');
  });

  it('comes back on the same data after it was stopped, with its objects', async () => {
    await run(
      'sh',
      '-c',
      'kill -TERM $(cat /run/airgap/k3s.pid); while kill -0 $(cat /run/airgap/k3s.pid) 2>/dev/null; do sleep 0.1; done',
    );
    await start();
    expect(await kubectl('get', 'configmap', 'contract', '-o', 'jsonpath={.data.value}')).to.equal('second');
  });
});

describe('the resolver of a K3s node', function resolver() {
  this.timeout(120_000);

  it('is 8.8.8.8 when the node has only a loopback one and no --resolv-conf', async function () {
    needs(this, 'root', 'netns', 'k3s');
    await using stack = new AsyncDisposableStack();
    const { node } = await contractNode(stack);
    await node.writeFile('/etc/resolv.conf', 'nameserver 127.0.0.53\n');
    await using _server = node.spawn([K3S, 'server', '--node-ip', '10.99.0.1', '--flannel-iface', 'eth0']);
    const own = async (): Promise<string> =>
      (await node.exec(['cat', `${DATA_DIR}/agent/etc/resolv.conf`])).stdout;
    expect(await eventually(own, (text) => text !== '')).to.equal('nameserver 8.8.8.8\n');
  });
});
