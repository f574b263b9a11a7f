// SPDX-License-Identifier: Apache-2.0
import { release } from 'node:os';
import { hostRunner } from '../../core/runner.ts';
import type { Probe } from './probe.ts';

/** What nodes of the provider `container` need besides. */
export const containerProbes: readonly Probe[] = [
  {
    id: 'container-engine',
    neededBy: ['container'],
    remedy: 'run: npm run setup -- --provider container; or set DOCKER_HOST to an engine of this machine',
    async attempt() {
      const { engineClient, findEngine } = await import('../container/find-engine.ts'); // its library is large
      const host = await findEngine();
      if (host === null) {
        const { exitCode } = await hostRunner.run(['sh', '-c', 'command -v dockerd']);
        if (exitCode === 0) return 'Docker is installed; a run starts one of its own';
        throw new Error('no container engine answers, and Docker is not installed');
      }
      const { KernelVersion: kernel, ServerVersion: version } = await engineClient(host).info();
      if (kernel === release()) return `${host}, version ${version}`;
      // The sink stands on this machine, and no link leads into another kernel.
      throw new Error(`the engine at ${host} runs in another kernel (${kernel}; here: ${release()})`);
    },
  },
];
