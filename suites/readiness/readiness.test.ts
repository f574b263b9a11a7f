// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import type { Runnable, Suite } from 'mocha';
import { Test } from 'mocha';
import type { Check } from '../../harness/core/cluster.ts';
import { CANARY_PLACES, type CanaryPlace } from '../../harness/core/events.ts';
import { currentRun } from '../../harness/run/current.ts';

/**
 * The face of a run: each check, each canary place and each culprit is one test. The facts are in the run's log and the
 * verdict is computed from there; what fails here is what that log says, so nothing is decided twice.
 */
const run = currentRun();

describe('provision', () => {
  it('a node is up that has no way out', async () => await run.reach('provision'));
});

describe('prove', () => {
  before(async () => await run.reach('prove'));
  for (const place of CANARY_PLACES) {
    it(`every canary from a ${place} was seen, and none got out`, function () {
      tellRefused(this.test, 'start', place);
      expect(run.missedCanaries('start', place)).to.deep.equal([]);
    });
  }
});

describe('install', () => {
  it('the bundle is installed', async () => await run.reach('install'));
  checksOf('install');
});

describe('settle', () => {
  it('everything is available, then quiet', async () => {
    await run.reach('settle');
    expect(run.unsettled()).to.deep.equal([]);
  });
  checksOf('settle');
});

describe('exercise', () => checksOf('exercise'));
describe('restart', () => checksOf('restart'));

if (run.plan.phases.includes('reboot'))
  describe('reboot', () => {
    it('the node loses its power; everything is available again, then quiet', async () => {
      await run.reach('reboot');
      expect(run.unsettled()).to.deep.equal([]);
    });
    checksOf('reboot');
  });

describe('prove again', () => {
  before(async () => await run.proveAgain());
  for (const place of CANARY_PLACES) {
    it(`every canary from a ${place} was seen, and none got out`, function () {
      tellRefused(this.test, 'end', place);
      expect(run.missedCanaries('end', place)).to.deep.equal([]);
    });
  }
});

/** Attempts are known only now: their tests are added when this hook runs, before the suite's own begin. */
const attempts: Suite = describe('attempts', () => {
  before(async () => {
    await run.teardown();
    for (const { culprit, attempts: lines } of run.culprits()) {
      attempts.addTest(
        new Test(`${culprit} reaches for nothing outside`, () => void expect(lines).to.deep.equal([])),
      );
    }
  });
  it('no observer lost an event', () => {
    expect(run.unproven()).to.deep.equal([]);
  });
});

/** Not in silence: what the kernel refuses is in the test's own name. */
function tellRefused(test: Runnable | undefined, stage: 'start' | 'end', place: CanaryPlace): void {
  const refused = run.refusedCanaries(stage, place);
  if (test !== undefined && refused.length > 0) test.title += `; not available here: ${refused.join(', ')}`;
}

function checksOf(phase: Check['phase']): void {
  for (const check of run.plan.checks.filter((planned) => planned.phase === phase)) {
    it(check.title, async function checkTest() {
      await run.reach(phase);
      const { result, message } = await run.check(check.id);
      if (result === 'skipped') {
        if (this.test !== undefined) this.test.title += `: ${message}`;
        this.skip();
      }
      expect(result, message).to.equal('pass');
    });
  }
}
