// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { cgroupIdentity } from '../../../../harness/observe/routes/cgroup-path.ts';

const ID = 'c1a2'.repeat(16);
const OTHER = '9f'.repeat(32);
const UID = '0b1f7a3c-11aa-4b0e-9c55-d0e1f2a3b4c5';

describe('cgroup paths', () => {
  it('tell container and pod with the cgroupfs driver, wherever the hierarchy begins', () => {
    const expected = { container: ID, podUid: UID };
    expect(cgroupIdentity(`/kubepods/burstable/pod${UID}/${ID}`)).to.deep.equal(expected);
    expect(cgroupIdentity(`/run/agr-0a1b2c/n1/kubepods/pod${UID}/${ID}/init`)).to.deep.equal(expected);
    expect(cgroupIdentity(`4:memory:/agr-0a1b2c/kubepods/besteffort/pod${UID}/${ID}`)).to.deep.equal(
      expected,
    );
  });

  it('tell container and pod with the systemd driver', () => {
    const slice = `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${UID.replaceAll('-', '_')}.slice`;
    expect(cgroupIdentity(`${slice}/cri-containerd-${ID}.scope`)).to.deep.equal({
      container: ID,
      podUid: UID,
    });
    expect(cgroupIdentity(slice)).to.deep.equal({ podUid: UID });
  });

  it('tell a static pod by its hash', () => {
    const hash = 'a5'.repeat(16);
    expect(cgroupIdentity(`/kubepods/besteffort/pod${hash}/${ID}`)).to.deep.equal({
      container: ID,
      podUid: hash,
    });
    expect(cgroupIdentity(`/kubepods/besteffort/pod${hash}`)).to.deep.equal({ podUid: hash });
  });

  it('tell the outer container of one inside another', () => {
    expect(cgroupIdentity(`/kubepods/pod${UID}/${ID}/docker/${OTHER}`)).to.deep.equal({
      container: ID,
      podUid: UID,
    });
    expect(cgroupIdentity(`/docker/${OTHER}/kubepods/pod${UID}/${ID}`)).to.deep.equal({
      container: ID,
      podUid: UID,
    });
  });

  it('tell a container that no pod has', () => {
    expect(cgroupIdentity(`/docker/${ID}`)).to.deep.equal({ container: ID });
  });

  it('tell nothing of other paths', () => {
    for (const path of ['/', '/system.slice/ssh.service', `/x/${ID}0`, '/kubepods/burstable']) {
      expect(cgroupIdentity(path), path).to.equal(null);
    }
  });
});
