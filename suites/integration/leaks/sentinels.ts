// SPDX-License-Identifier: Apache-2.0
import { randomInt } from 'node:crypto';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Profile } from '../../../harness/core/profile.ts';
import type { ProviderId } from '../../../harness/providers/provider.ts';
import { leakCases, nodeCases, quietCases } from '../../leaks/plant.ts';
import { carriers } from '../../leaks/print.ts';
import { judge, runCorpus } from '../../leaks/run.ts';

const short = <T extends { readonly sentinel?: boolean }>(cases: readonly T[]): T[] =>
  cases.filter(({ sentinel }) => sentinel === true);

/** A test for each profile: the short corpus is reported whole, with its culprits, and nothing else is. */
export function sentinels(provider: ProviderId, profiles: readonly Profile[]): void {
  for (const profile of profiles) {
    it(`in profile ${profile} is reported whole, with its culprits, and nothing else is; each case fails without its observer`, async () => {
      const seed = Number(process.env['AIRGAP_SEED'] ?? randomInt(2 ** 31));
      console.log(`      ${provider}, ${profile}: AIRGAP_SEED=${seed} draws the same again`);
      await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-corpus-'));
      const selection = {
        leaks: short(leakCases),
        node: short(nodeCases),
        quiet: short(quietCases),
        tools: [],
      };
      const args = ['--provider', provider];
      const run = await runCorpus(selection, { seed, profile, dir: dir.path, args });
      for (const skip of run.skipped) console.log(`SKIPPED ${skip}`);
      const judged = await judge(run);
      const { missed, wrong, falseAlarms, found } = judged.score;
      expect(
        { missed, wrong, falseAlarms, secrets: judged.shown, unseen: judged.unseen },
        `seed ${seed}`,
      ).to.deep.equal({
        missed: [],
        wrong: [],
        falseAlarms: [],
        secrets: [],
        unseen: [],
      });
      expect(found).to.be.at.least(15);
      const carried = carriers(judged);
      expect(run.expected.filter(({ caseId }) => !carried.has(caseId))).to.deep.equal([]);
    });
  }
}
