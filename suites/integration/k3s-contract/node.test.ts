// SPDX-License-Identifier: Apache-2.0
import { type DisposableTempDir, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { decode, encode, type Packet } from 'dns-packet';
import { K3S } from '../../../harness/core/k3s-paths.ts';
import { sh } from '../providers/fixture.ts';
import { needs } from '../support/needs.ts';
import { type ContractK3s, contractK3s, until } from './contract-k3s.ts';
import { ENDINGS, imageArchive } from './test-archives.ts';

/** A registry of which nothing is known but its address, with a mirror at which nobody listens. */
const REGISTRY = '10.99.0.1:5001';
const ASKED = '/run/registry-asked';

const podOf = (name: string): string => `apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: default }
spec: { containers: [{ name: c, image: "${REGISTRY}/absent:1" }] }
`;

describe('K3s contract: a node', function contractOfANode() {
  this.timeout(180_000);
  let k3s: ContractK3s;
  let scratch: DisposableTempDir;
  const manifest = (name: string): string => join(K3S.manifests, name);
  const configMap = (name: string, value: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: default }\ndata: { key: "${value}" }\n`;
  const valueOf = async (name: string): Promise<string> =>
    await k3s.kubectl('get', 'configmap', name, '-o', 'jsonpath={.data.key}');

  before(async function () {
    needs(this, 'root', 'netns', 'k3s');
    scratch = await mkdtempDisposable(join(tmpdir(), 'k3s-contract-'));
    k3s = await contractK3s();
    const { node } = k3s;
    for (const ending of Object.keys(ENDINGS)) {
      const name = `ending-${ending.replaceAll('.', '-')}`;
      await node.upload(await imageArchive(scratch.path, name, ending), `${K3S.images}/${name}.${ending}`);
    }
    await node.upload(await imageArchive(scratch.path, 'layout', 'tar', 'oci'), `${K3S.images}/layout.tar`);
    await node.writeFile(`${K3S.images}/corrupt.tar`, 'no archive at all');
    await node.writeFile(`${K3S.images}/readme.md`, 'no archive either');
    await node.writeFile(
      K3S.config,
      'node-name: from-config\nnode-label: [ example/a=1 ]\ntoken: contract-secret\n',
    );
    await node.writeFile(`${K3S.config}.d/10.yaml`, 'node-label+: [ example/b=2 ]\n');
    await node.writeFile(`${K3S.config}.d/20.yaml`, 'node-label+: example/c=3\nkubelet-arg: max-pods=41\n');
    await node.writeFile(
      `${K3S.dataDir}/agent/etc/kubelet.conf.d/60-contract.conf`,
      'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPods: 42\npodPidsLimit: 777\n',
    );
    await node.writeFile(
      K3S.registries,
      `mirrors: { "${REGISTRY}": { endpoint: [ "http://127.0.0.1:5000" ] } }\n`,
    );
    await node.writeFile(
      manifest('sub/many.yaml'),
      `${configMap('first', '1')}---\n${configMap('second', '2')}`,
    );
    await node.writeFile(
      manifest('third.json'),
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'third', namespace: 'default' },
        data: { key: '3' },
      }),
    );
    await node.writeFile(manifest('skipped.yaml'), configMap('skipped', '4'));
    await node.writeFile(manifest('skipped.yaml.skip'), '');
    await node.writeFile(manifest('broken.yaml'), 'kind: [\n');
    await k3s.start('--node-name', 'n1', '--disable', 'traefik,servicelb,local-storage,metrics-server');
  });
  after(async () => {
    await k3s?.[Symbol.asyncDispose]();
    await scratch?.[Symbol.asyncDispose]();
  });

  describe('config files', () => {
    it('the command line wins over them', async () => {
      expect(await k3s.kubectl('get', 'nodes', '-o', 'name')).to.equal('node/n1');
    });
    it('config.yaml.d is read in alphabetical order, and "key+" appends', async () => {
      const labels: unknown = JSON.parse(
        await k3s.kubectl('get', 'node', 'n1', '-o', 'jsonpath={.metadata.labels}'),
      );
      expect(labels).to.include({ 'example/a': '1', 'example/b': '2', 'example/c': '3' });
    });
    it('a kubelet drop-in is merged, and --kubelet-arg wins over it', async () => {
      expect(await k3s.kubectl('get', 'node', 'n1', '-o', 'jsonpath={.status.capacity.pods}')).to.equal('41');
      const config = await k3s.kubectl('get', '--raw', '/api/v1/nodes/n1/proxy/configz');
      expect(JSON.parse(config)).to.have.nested.property('kubeletconfig.podPidsLimit', 777);
    });
  });

  describe('files and tools', () => {
    it('the kubeconfig is for root alone and leads to the API server on the node', async () => {
      expect(await sh(k3s.node, `stat -c %a ${K3S.kubeconfig}; grep server: ${K3S.kubeconfig}`)).to.match(
        /^600\n\s*server: https:\/\/127\.0\.0\.1:6443$/,
      );
    });
    it('node-token holds the token in full form', async () => {
      expect(await sh(k3s.node, `cat ${K3S.dataDir}/server/node-token`)).to.match(
        /^K10[0-9a-f]{64}::server:contract-secret$/,
      );
    });
    it("containerd's socket and state are below /run/k3s", async () => {
      await sh(k3s.node, 'test -S /run/k3s/containerd/containerd.sock');
    });
    it('the node has its role', async () => {
      await until('the label is there', 20, async () => {
        const label = 'jsonpath={.metadata.labels.node-role\\.kubernetes\\.io/control-plane}';
        return (await k3s.kubectl('get', 'node', 'n1', '-o', label)) === 'true';
      });
    });
  });

  describe('images folder', () => {
    it('every ending is imported, from both archive formats, and pinned', async () => {
      const { stdout } = await k3s.k3s('ctr', 'images', 'list');
      const pinned = stdout.split('\n').filter((line) => line.includes('io.cri-containerd.pinned=pinned'));
      const names = pinned
        .map((line) => line.split(/\s/)[0])
        .filter((name) => name?.startsWith('airgap.local/'));
      const wanted = Object.keys(ENDINGS).map(
        (ending) => `airgap.local/ending-${ending.replaceAll('.', '-')}:1`,
      );
      expect(names).to.have.members([...wanted, 'airgap.local/layout:1']);
    });
    it('what cannot be imported is logged by its name and skipped', async () => {
      const lines = (await k3s.log()).split('\n');
      for (const name of ['corrupt.tar', 'readme.md']) {
        expect(
          lines.filter((line) => line.includes(name) && /level=error|Error/.test(line)),
          name,
        ).not.to.deep.equal([]);
      }
    });
    it('an archive put there while it runs is imported', async () => {
      await k3s.node.upload(await imageArchive(scratch.path, 'late'), `${K3S.images}/late.tar`);
      await until('the image is there', 30, async () => {
        return (await k3s.k3s('ctr', 'images', 'list', '-q')).stdout.includes('airgap.local/late:1');
      });
    });
  });

  describe('manifests folder', () => {
    it('all documents of all files in all folders are applied, a broken file does not hinder the others', async () => {
      await until('all are there', 60, async () => {
        return (await Promise.all(['first', 'second', 'third'].map(valueOf))).join() === '1,2,3';
      });
      expect(await k3s.log()).to.contain('broken.yaml');
    });
    it('a file with a .skip beside it is not', async () => {
      expect((await k3s.k3s('kubectl', 'get', 'configmap', 'skipped')).stderr).to.contain('NotFound');
    });
    it('a changed file is applied again, and an object that left it is deleted', async () => {
      await k3s.node.writeFile(manifest('sub/many.yaml'), configMap('first', 'changed'));
      await until('the change is there', 60, async () => (await valueOf('first')) === 'changed');
      await until('the other is gone', 20, async () => {
        return (await k3s.k3s('kubectl', 'get', 'configmap', 'second')).stderr.includes('NotFound');
      });
    });
    it('a deleted file leaves its objects', async () => {
      await sh(k3s.node, `rm ${manifest('third.json')}`);
      await until('another file is applied later', 60, async () => {
        await k3s.node.writeFile(manifest('later.yaml'), configMap('later', '5'));
        return (await valueOf('later')) === '5';
      });
      expect(await valueOf('third')).to.equal('3');
    });
  });

  describe('packaged CoreDNS', () => {
    before(async () => {
      await k3s.kubectl('-n', 'kube-system', 'rollout', 'status', 'deployment/coredns', '--timeout=50s');
    });
    it('answers at 10.43.0.10 for a Service and for the node', async () => {
      expect(await resolve('kubernetes.default.svc.cluster.local')).to.deep.equal(['10.43.0.1']);
      expect(await resolve('n1')).to.deep.equal(['10.99.0.1']);
    });
    it('its log can be read', async () => {
      expect(await k3s.kubectl('-n', 'kube-system', 'logs', 'deployment/coredns')).to.contain('CoreDNS-');
    });
    it('its manifest lies in the manifests folder', async () => {
      expect(await sh(k3s.node, `grep -c 'kind: Service$' ${manifest('coredns.yaml')}`)).to.equal('1');
    });
  });

  describe('registries', () => {
    it('the registry itself is the last resort after its mirrors', async () => {
      await sh(k3s.node, `setsid --fork socat -u TCP-LISTEN:5001,fork OPEN:${ASKED},creat,append </dev/null`);
      expect(await failedPull('with-default')).to.contain('127.0.0.1:5000');
      await until('the registry was asked', 10, async () => (await asked()) > 0);
    });
  });

  describe('restart', () => {
    let containers: string;
    let milliseconds: number;
    const running = async (): Promise<string> =>
      (await sh(k3s.node, 'pgrep -f "^/.*containerd-shim-runc-v2 " | sort -n')) || 'none';
    before(async () => {
      await k3s.kubectl('delete', 'pod', '--all', '-n', 'default', '--force', '--grace-period=0');
      await until('no pod but CoreDNS', 30, async () => (await running()).split('\n').length === 1);
      containers = await running();
      milliseconds = await k3s.stop();
    });
    it('SIGTERM ends it before a service manager would kill it; containers go on', async () => {
      expect(milliseconds).to.be.below(90_000); // systemd's DefaultTimeoutStopSec
      expect(containers).to.match(/^\d+$/);
      expect(await running()).to.equal(containers);
    });
    it('it comes up again on the same data, with the same containers', async () => {
      await k3s.node.writeFile('/etc/resolv.conf', 'nameserver 127.0.0.1\n');
      await k3s.node.writeFile(
        `${K3S.config}.d/95.yaml`,
        'resolv-conf: ""\ndisable-default-registry-endpoint: true\n',
      );
      await k3s.start('--node-name', 'n1');
      expect(await valueOf('first')).to.equal('changed');
      expect(await running()).to.equal(containers);
      expect(await resolve('kubernetes.default.svc.cluster.local')).to.deep.equal(['10.43.0.1']);
    });
    it('killed in the middle, it comes up again as well', async () => {
      await k3s.stop('KILL');
      await k3s.start('--node-name', 'n1');
      expect(await running()).to.equal(containers);
    });
    it('--disable-default-registry-endpoint leaves only the mirrors', async () => {
      const before = await asked();
      expect(await failedPull('without-default')).to.contain('127.0.0.1:5000');
      expect(await asked()).to.equal(before);
    });
    it('without a usable name server, pods inherit 8.8.8.8', async () => {
      await k3s.kubectl('-n', 'kube-system', 'delete', 'pod', '-l', 'k8s-app=kube-dns', '--wait=false');
      const sandboxes = `${K3S.dataDir}/agent/containerd/io.containerd.grpc.v1.cri/sandboxes`;
      await until('a sandbox with that resolver', 40, async () => {
        return (await sh(k3s.node, `grep -rl 'nameserver 8.8.8.8' ${sandboxes}`)) !== '';
      });
    });
  });

  /** A records that the cluster's DNS gives, asked from the node. */
  async function resolve(name: string): Promise<string[]> {
    const query: Packet = { type: 'query', id: 1, flags: 256, questions: [{ type: 'A', name }] };
    const script =
      'exec 3<>/dev/udp/10.43.0.10/53; cat >&3; timeout 4 dd bs=4096 count=1 <&3 2>/dev/null | base64 -w0';
    const { stdout } = await k3s.node.exec(['bash', '-c', script], { stdin: encode(query) });
    const { answers = [] } = decode(Buffer.from(stdout, 'base64'));
    return answers.flatMap((answer) => (answer.type === 'A' ? [answer.data] : []));
  }

  /** Bytes that came to the registry itself. */
  async function asked(): Promise<number> {
    return Number(await sh(k3s.node, `stat -c %s ${ASKED} 2>/dev/null || echo 0`));
  }

  /** Makes a pod whose image is nowhere; what its event says about the pull. */
  async function failedPull(name: string): Promise<string> {
    await k3s.node.writeFile(manifest(`${name}.yaml`), podOf(name));
    let message = '';
    await until('the pull has failed', 60, async () => {
      const selector = `involvedObject.name=${name},reason=Failed`;
      message = await k3s.kubectl(
        'get',
        'events',
        '--field-selector',
        selector,
        '-o',
        'jsonpath={.items[*].message}',
      );
      return message.includes('failed to');
    });
    return message;
  }
});
