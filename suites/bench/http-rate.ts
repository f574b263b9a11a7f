// SPDX-License-Identifier: Apache-2.0
import type { Assets } from '../../harness/core/assets.ts';
import { HarnessError } from '../../harness/core/errors.ts';
import { harnessRun } from './harness-run.ts';

const SECONDS = 4;

/** Answers per second of the clean example's front page, asked from the node: first watched, then with all observers ended. */
export async function measureHttpRate(
  assets: Assets,
  outDir: string,
  turns: number,
): Promise<{ on: number[]; off: number[] }> {
  const on: number[] = [];
  const off: number[] = [];
  await harnessRun(assets, outDir, 'settle', {
    during: async (run) => {
      const { node, cluster } = run.site;
      const address = await cluster.kubectl([
        'get',
        'service',
        '-n',
        'shop',
        'web',
        '-o',
        'jsonpath={.spec.clusterIP}:{.spec.ports[0].port}',
      ]);
      const ask = async (): Promise<number> => {
        const { stdout, stderr, exitCode } = await node.exec([
          '/run/airgap/airgap-node',
          'load',
          `http://${address}/`,
          String(SECONDS),
        ]);
        if (exitCode !== 0) throw new HarnessError(`the load failed: ${stderr.trim()}`, { code: 'harness' });
        return Number(stdout);
      };
      await ask(); // warm
      for (let turn = 0; turn < turns; turn += 1) on.push(await ask());
      await run.blind();
      for (let turn = 0; turn < turns; turn += 1) off.push(await ask());
    },
  });
  return { on, off };
}
