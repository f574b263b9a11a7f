// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { followRoutes } from '../../../harness/observe/routes/follow-routes.ts';
import { needs } from '../support/needs.ts';
import { startClock } from '../../../harness/core/clock.ts';
import { INSIDE, MemoryLog } from '../../support/memory-log.ts';
import { openContainerSite } from './fixture.ts';

const CONNECT = (address: string): string =>
  `perl -e 'use Socket; socket(S,PF_INET,SOCK_STREAM,0); connect(S, pack_sockaddr_in(443, inet_aton("${address}"))) or print "$!"'`;

describe('a node that is a container is traced', () => {
  before(function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s', 'container');
  });

  it('from its first process on, and again after a reboot; nothing of the host is', async () => {
    await using site = await openContainerSite();
    const { prepared, session } = site;
    const clock = startClock();
    const log = new MemoryLog();
    await using routes = await followRoutes({
      log,
      clock,
      node: 'n1',
      outDir: '',
      inside: INSIDE,
      vantage: prepared.vantage,
      label: session.label,
      launcherTid: prepared.launcherTid,
    });
    const node = await prepared.boot();
    node.onReboot(routes);
    const seen = async (): Promise<string[]> => {
      await routes.flush();
      return log.of('sighting').map(({ to }) => `${to.protocol} ${to.address} ${to.port}`);
    };
    expect((await node.exec(['sh', '-c', CONNECT('192.0.2.7')])).stdout).to.equal('Network is unreachable');
    expect(await seen()).to.deep.equal(['tcp 192.0.2.7 443']);
    const [sighting] = log.of('sighting');
    const task = log.of('task').findLast(({ key }) => key === sighting?.task);
    expect(task?.exe).to.match(/perl/);
    await node.reboot();
    await node.exec(['sh', '-c', CONNECT('192.0.2.8')]);
    expect(await seen()).to.deep.equal(['tcp 192.0.2.7 443', 'tcp 192.0.2.8 443']);
  });
});
