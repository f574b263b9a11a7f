// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect } from 'chai';
import { buildReport } from '../../../harness/verdict/build-report.ts';
import { readEvents } from '../../../harness/run/event-log.ts';
import { renderJson } from '../../../reports/json.ts';
import { airgap, leftovers, readReport } from '../support/airgap.ts';
import { compareLeaks, expectedLeakSchema } from '../support/leaks.ts';
import { needs, REPO_ROOT } from '../support/needs.ts';

describe('the main job on the examples', function examples() {
  this.timeout(600_000);
  before(function () {
    needs(this, 'root', 'netns', 'tracefs', 'k3s');
  });

  it('examples/clean is ready, without a single attempt, with a loss of power at the end too, and leaves nothing', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-clean-'));
    const before = await leftovers();
    const out = join(dir.path, 'run');
    const { exitCode, all } = await airgap(['test', 'examples/clean', '--reboot', '--out', out]);
    expect(exitCode, all).to.equal(0);
    const report = await readReport(out);
    expect(report.verdict).to.equal('ready');
    expect(report.phases.find(({ phase }) => phase === 'reboot')?.status).to.equal('done');
    expect(report.attempts).to.deep.equal([]);
    expect(report.canaries.filter((canary) => canary.result === 'fail')).to.deep.equal([]);
    expect((await leftovers()).filter((thing) => !before.includes(thing))).to.deep.equal([]);
  });

  it('examples/leaky is not ready: every planted leak with its culprit, nothing else; the same ids in a trap, which explains them', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-leaky-'));
    const expected = expectedLeakSchema
      .array()
      .parse(JSON.parse(await readFile(join(REPO_ROOT, 'examples/leaky.expected.json'), 'utf8')));
    expect(expected.length).to.be.at.least(10);
    const ids: string[][] = [];
    const first = join(dir.path, 'run');
    const { exitCode, all } = await airgap(['test', 'examples/leaky', '--explain', '--out', first]);
    expect(exitCode, all).to.equal(1);
    for (const [out, profile] of [
      [first, 'no-route'],
      [join(first, 'explain'), 'trap'],
    ] as const) {
      const report = await readReport(out);
      expect(report.environment.profile).to.equal(profile);
      expect(compareLeaks(expected, report.attempts)).to.deep.equal({ missing: [], unplanned: [] });
      ids.push(report.attempts.map((attempt) => attempt.id).toSorted());

      const again = buildReport(await readEvents(join(out, 'events.jsonl')), {
        renderedAt: report.renderedAt,
      });
      expect(renderJson(again)).to.equal(await readFile(join(out, 'report.json'), 'utf8'));
    }
    expect(ids[0]).to.deep.equal(ids[1]);
    const { attempts } = await readReport(first);
    const heard = attempts.flatMap(({ destination: { name, address, sni, path } }) =>
      sni === null && path === null ? [] : [[name ?? address, sni, path]],
    );
    expect(heard).to.deep.include.members([
      ['schemas.acme.example', 'schemas.acme.example', null],
      ['198.51.100.20', null, '/write'],
    ]);
  });
});
