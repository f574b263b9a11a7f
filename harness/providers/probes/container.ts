// SPDX-License-Identifier: Apache-2.0
import { hostRunner } from '../../core/runner.ts';
import type { Probe } from './probe.ts';

/** What nodes of the provider `container` need besides. */
export const containerProbes: readonly Probe[] = [
  {
    id: 'container-engine',
    neededBy: ['container'],
    remedy: 'run: npm run setup -- --provider container; or set DOCKER_HOST to an engine',
    async attempt() {
      const { engineClient, findEngine } = await import('../container/find-engine.ts'); // its library is large
      const { farMachine } = await import('../container/far/machine.ts');
      const host = await findEngine();
      if (host === null) {
        const { exitCode } = await hostRunner.run(['sh', '-c', 'command -v dockerd']);
        if (exitCode === 0) return 'Docker is installed; a run starts one of its own';
        throw new Error('no container engine answers, and Docker is not installed');
      }
      const { ServerVersion: version } = await engineClient(host).info();
      const far = await farMachine();
      const where =
        far === null
          ? ''
          : `; it is on another machine (${far.name}): a run for containers alone takes place there`;
      return `${host}, version ${version}${where}`;
    },
  },
];
