// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { FAR_ENGINE_VARIABLE, farEngine, pathAtEngine } from '../../../harness/core/far-engine.ts';
import { mayLive } from '../../../harness/providers/container/remains.ts';
import { SESSION_LABEL, OUTSIDE_LABEL, sessionLabels } from '../../../harness/providers/container/labels.ts';

const FAR = {
  session: '0a1b2c',
  root: '/var/lib/docker/volumes/agr-0a1b2c-harness/_data',
  nodeImage: { folder: '/cache/rootfs', reference: 'airgap.local/node:1' },
  machine: 'docker-desktop',
  os: 'Docker Desktop',
};

describe('a harness beside a far engine', () => {
  afterEach(() => delete process.env[FAR_ENGINE_VARIABLE]);

  it('knows its files by the names that the engine finds them under, and labels what it makes', () => {
    process.env[FAR_ENGINE_VARIABLE] = JSON.stringify(FAR);
    expect(farEngine()).to.deep.equal(FAR);
    expect(pathAtEngine('/airgap-state/sessions/1')).to.equal(`${FAR.root}/airgap-state/sessions/1`);
    expect(sessionLabels('ffffff')).to.deep.equal({ [SESSION_LABEL]: 'ffffff', [OUTSIDE_LABEL]: '0a1b2c' });
  });

  it('is none where it was called by a user, or by text that is not ours', () => {
    expect([farEngine(), pathAtEngine('/a')]).to.deep.equal([null, '/a']);
    expect(sessionLabels('ffffff')).to.deep.equal({ [SESSION_LABEL]: 'ffffff' });
    for (const text of ['', '{', '{}', JSON.stringify({ ...FAR, session: '../..' })]) {
      process.env[FAR_ENGINE_VARIABLE] = text;
      expect(farEngine(), text).to.equal(null);
    }
  });

  it('is left alone by a sweep of another machine while it runs, is sent files or asked for results, and ten minutes more', () => {
    const never = '0001-01-01T00:00:00Z';
    const now = Date.parse('2026-11-26T12:00:00Z');
    const at = (minutes: number): string => new Date(now - minutes * 60_000).toISOString();
    const state = (created: number, ended: string, running = false): boolean =>
      mayLive({ Created: at(created), State: { Running: running, FinishedAt: ended } }, now);
    expect([state(90, never, true), state(9, never), state(90, at(9))]).to.deep.equal([true, true, true]);
    expect([state(11, never), state(90, at(11))]).to.deep.equal([false, false]);
  });
});
