// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { startContainers } from '../../../harness/observe/containers/start-containers.ts';
import { needs } from '../support/needs.ts';
import { realNode } from './real-node.ts';

const FOLDER = '/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io';
const ID = ['aa', 'bb', 'cc', 'dd'].map((pair) => pair.repeat(32));

function config(name: string): string {
  const annotations = {
    'io.kubernetes.cri.container-type': 'container',
    'io.kubernetes.cri.container-name': name,
    'io.kubernetes.cri.image-name': `${name}:1`,
    'io.kubernetes.cri.sandbox-name': 'web-1',
    'io.kubernetes.cri.sandbox-namespace': 'shop',
    'io.kubernetes.cri.sandbox-uid': 'uid-1',
  };
  return JSON.stringify({ ociVersion: '1.2.0', annotations, process: { args: [`/${name}`] } });
}

describe('the observer of containers', function () {
  this.timeout(30_000);
  before(function () {
    needs(this, 'root', 'netns', 'k3s');
  });

  it('waits for the runtime, takes what is there and what comes, and bears a config.json that comes late', async () => {
    await using real = await realNode();
    await using node = await real.prepared.boot();
    const sh = async (command: string): Promise<void> => {
      const { exitCode, stderr } = await node.exec(['sh', '-ec', command]);
      expect(exitCode, stderr).to.equal(0);
    };
    await using containers = await startContainers({ ...real.options, runningNode: node });
    expect(real.log.of('health').at(-1)).to.deep.include({ observer: 'containers', received: 0, lost: 0 });

    await sh(`mkdir -p ${FOLDER}/${ID[0]}; echo '${config('there')}' >${FOLDER}/${ID[0]}/config.json`);
    await containers.flush();
    expect(real.log.of('container').map(({ name }) => name)).to.deep.equal(['there']);

    await sh(
      `mkdir ${FOLDER}/not-a-container ${FOLDER}/${ID[1]}; sleep 0.3; printf '{"ann' >${FOLDER}/${ID[1]}/config.json; sleep 0.1; echo '${config('late')}' >${FOLDER}/${ID[1]}/config.json`,
    );
    await containers.flush();
    expect(real.log.of('container').map(({ name }) => name)).to.deep.equal(['there', 'late']);
    expect(real.log.of('container')[1]).to.deep.include({
      id: ID[1],
      image: 'late:1',
      sandbox: false,
      pod: { namespace: 'shop', name: 'web-1', uid: 'uid-1' },
    });

    // The runtime is started again; a container that lives for 50 ms.
    await sh(
      `rm -r ${FOLDER}; sleep 0.1; mkdir -p ${FOLDER}/${ID[2]}; echo '${config('again')}' >${FOLDER}/${ID[2]}/config.json`,
    );
    await sh(
      `sleep 0.1; mkdir ${FOLDER}/${ID[3]}; echo '${config('short')}' >${FOLDER}/${ID[3]}/config.json; sleep 0.05; rm -r ${FOLDER}/${ID[3]}`,
    );
    await containers.flush();
    expect(real.log.of('container').map(({ name }) => name)).to.deep.equal([
      'there',
      'late',
      'again',
      'short',
    ]);
    expect(real.log.of('health').at(-1)).to.deep.include({ received: 4, lost: 0 });
    expect(real.log.of('fault')).to.deep.equal([]);
  });

  it('says so when it dies, and still ends', async () => {
    await using real = await realNode();
    await using node = await real.prepared.boot();
    await using containers = await startContainers({ ...real.options, runningNode: node });
    await node.exec(['sh', '-c', 'kill -9 $(pgrep -f "airgap-node containers")']);
    for (let n = 0; n < 100 && real.log.of('fault').length === 0; n += 1) await sleep(20);
    const [fault] = real.log.of('fault');
    expect(fault?.source).to.equal('containers');
    expect(fault?.message).to.match(
      /^the watch of containers ended on its own \(.*\): containers were not named from then on$/,
    );
    await containers.flush();
    expect(real.log.of('health').at(-1)).to.deep.include({ lost: 'unknown' });
  });
});
