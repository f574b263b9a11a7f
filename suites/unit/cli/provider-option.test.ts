// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { doctorTable } from '../../../harness/cli/doctor-table.ts';
import { profileNames, providerNames } from '../../../harness/cli/program.ts';
import { PROFILES } from '../../../harness/core/profile.ts';
import { type Capability, offersOf } from '../../../harness/providers/capabilities.ts';

describe('--provider', () => {
  it('takes auto, one name, or several in their order', () => {
    expect(providerNames('auto')).to.equal('auto');
    expect(providerNames('vm')).to.deep.equal(['vm']);
    expect(providerNames('container, netns')).to.deep.equal(['container', 'netns']);
  });

  it('refuses what it does not know, and a name given twice', () => {
    expect(() => providerNames('docker')).to.throw(
      'there is no provider "docker"; known: netns, container, vm, auto',
    );
    expect(() => providerNames('netns,')).to.throw('there is no provider ""');
    expect(() => providerNames('netns,auto')).to.throw('there is no provider "auto"; known');
    expect(() => providerNames('netns,netns')).to.throw('each provider can be named once');
  });
});

describe('--profile', () => {
  it('takes one, several in their order, or all', () => {
    expect(profileNames('drop')).to.deep.equal(['drop']);
    expect(profileNames('reject,no-route')).to.deep.equal(['reject', 'no-route']);
    expect(profileNames('all')).to.deep.equal(PROFILES);
  });

  it('refuses what it does not know, and a name given twice', () => {
    expect(() => profileNames('internet')).to.throw('there is no profile "internet"; known: no-route, drop');
    expect(() => profileNames('drop,drop')).to.throw('each profile can be named once');
  });
});

describe('the table of airgap doctor', () => {
  it('says yes or NO where a provider needs it, what mends a NO, and which providers work', () => {
    const capabilities: Capability[] = [
      { id: 'root', ok: true, neededBy: ['netns', 'container', 'vm'], reason: 'is root', remedy: null },
      { id: 'tracefs', ok: false, neededBy: ['netns'], reason: 'not mounted', remedy: 'run: mount it' },
      { id: 'inotify', ok: false, neededBy: [], reason: 'few', remedy: 'raise it' },
    ];
    expect(doctorTable(capabilities, offersOf(capabilities), (_, text) => text)).to.deep.equal([
      '                      netns      container  vm         ',
      'root                  yes        yes        yes        is root',
      'tracefs               NO         ·          ·          not mounted',
      '                                                       → run: mount it',
      'inotify               ·          ·          ·          no, a run works without: few',
      '                                                       → raise it',
      '',
      'netns: a run does not work here: tracefs',
      'container: a run works here',
      'vm: a run works here',
    ]);
  });
});
