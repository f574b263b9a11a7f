// SPDX-License-Identifier: Apache-2.0
import { randomInt } from 'node:crypto';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { PROFILES } from '../../../harness/core/profile.ts';
import { carriers } from '../../leaks/print.ts';
import { leakCases, nodeCases, quietCases } from '../../leaks/plant.ts';
import { judge, runCorpus } from '../../leaks/run.ts';
import { needs } from '../support/needs.ts';

const short = <T extends { readonly sentinel?: boolean }>(cases: readonly T[]): T[] =>
  cases.filter(({ sentinel }) => sentinel === true);

describe('the short leak corpus', function sentinel() {
  before(function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s', 'leaks');
  });

  for (const profile of PROFILES) {
    it(`in profile ${profile} is reported whole, with its culprits, and nothing else is; each case fails without its observer`, async () => {
      const seed = Number(process.env['AIRGAP_SEED'] ?? randomInt(2 ** 31));
      console.log(`      seed ${seed} (AIRGAP_SEED=${seed} draws the same again)`);
      await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-corpus-'));
      const selection = {
        leaks: short(leakCases),
        node: short(nodeCases),
        quiet: short(quietCases),
        tools: [],
      };
      const run = await runCorpus(selection, { seed, profile, dir: dir.path });
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
});
