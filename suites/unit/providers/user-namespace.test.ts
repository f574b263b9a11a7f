// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { explainRefusal, namespacedCommand } from '../../../harness/providers/user-namespace.ts';

describe('namespaces of a user without root', () => {
  it('take the command with its words as they are, and end with who asked for them', () => {
    const argv = namespacedCommand(['node', 'a b', '$HOME']);
    expect(argv.slice(-3)).to.deep.equal(['node', 'a b', '$HOME']);
    expect(argv.slice(0, 3)).to.deep.equal(['setpriv', '--pdeathsig', 'KILL']);
    expect(argv).to.include.members(['--user', '--net', '--mount', '--pid', '--kill-child']);
  });

  it('that are refused: the setting that does it is named, and the command that changes it', () => {
    const said = 'unshare: write failed /proc/self/uid_map: Operation not permitted\nmore';
    const settings = new Map([
      ['user.max_user_namespaces', '96000'],
      ['kernel.unprivileged_userns_clone', ''],
      ['kernel.apparmor_restrict_unprivileged_userns', '1'],
    ]);
    expect(explainRefusal(said, settings)).to.deep.equal({
      reason:
        'a user without root cannot make namespaces here (kernel.apparmor_restrict_unprivileged_userns is 1): ' +
        'unshare: write failed /proc/self/uid_map: Operation not permitted',
      remedy: 'run: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
    });
  });

  it('that two settings refuse need both', () => {
    const settings = new Map([
      ['user.max_user_namespaces', '0'],
      ['kernel.unprivileged_userns_clone', '0'],
    ]);
    expect(explainRefusal('no', settings).remedy).to.equal(
      'run: sudo sysctl -w user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1',
    );
  });

  it('that something else refuses are told with what was said', () => {
    const { reason, remedy } = explainRefusal('mount: /proc: permission denied.', new Map());
    expect(reason).to.contain('here: mount: /proc: permission denied.');
    expect(remedy).to.contain('run as root');
  });
});
