// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { ROOTLESS_VARIABLE, rootless } from '../../../harness/core/rootless.ts';
import { tcpdumpCommand } from '../../../harness/core/tcpdump-command.ts';

describe('a harness that is root of its own namespaces alone', () => {
  it('knows who it is outside', () => {
    const outside = { uid: 1000, owner: { pid: 7, startTicks: '12' }, addresses: ['192.0.2.1'] };
    expect(rootless({ [ROOTLESS_VARIABLE]: JSON.stringify(outside) })).to.deep.equal(outside);
  });

  it('is not taken for one by text of somebody else', () => {
    for (const text of [undefined, '', '1', '{"uid":1000}', 'null']) {
      expect(rootless({ [ROOTLESS_VARIABLE]: text }), text).to.equal(null);
    }
  });

  it('helps tcpdump to stay who it is, and leaves root’s as it was', () => {
    expect(tcpdumpCommand(['-n'], false)).to.deep.equal(['tcpdump', '-n']);
    const [perl, , , ...rest] = tcpdumpCommand(['-n'], true);
    expect([perl, ...rest]).to.deep.equal(['perl', 'tcpdump', '-n', '--relinquish-privileges=root']);
  });
});
