// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { pullsOf } from '../../../harness/checks/no-image-pulls.ts';
import { parseNodeImages } from '../../../harness/checks/node-images.ts';
import { clockAhead } from '../../../harness/checks/site-clock.ts';
import { NTP_LENGTH, ntpAnswer } from '../../../harness/site/services/ntp-packet.ts';

const A = `sha256:${'a'.repeat(64)}`;
const B = `sha256:${'b'.repeat(64)}`;

describe('the images of a node', () => {
  it('are one for all their names, pinned when one of these is', () => {
    const text = `REF TYPE DIGEST SIZE PLATFORMS LABELS
docker.io/library/a:1 application/vnd.oci.image.manifest.v1+json ${A} 1.2 MiB linux/amd64 io.cri-containerd.image=managed,io.cri-containerd.pinned=pinned
sha256:${'1'.repeat(64)} application/vnd.oci.image.manifest.v1+json ${A} 1.2 MiB linux/amd64 io.cri-containerd.image=managed
docker.io/library/b@${B} application/vnd.oci.image.manifest.v1+json ${B} 3.0 KiB linux/amd64 io.cri-containerd.image=managed
docker.io/library/b:1 application/vnd.oci.image.manifest.v1+json ${B} 3.0 KiB linux/amd64 io.cri-containerd.image=managed
`;
    expect(parseNodeImages(text)).to.deep.equal([
      {
        digest: A,
        names: ['docker.io/library/a:1', `sha256:${'1'.repeat(64)}`],
        references: ['docker.io/library/a:1'],
        pinned: true,
      },
      {
        digest: B,
        names: [`docker.io/library/b@${B}`, 'docker.io/library/b:1'],
        references: [`docker.io/library/b@${B}`, 'docker.io/library/b:1'],
        pinned: false,
      },
    ]);
  });
});

describe('pulls from the site’s registry', () => {
  const event = (message: string) => ({
    metadata: {},
    involvedObject: { namespace: 'shop', name: 'web-1' },
    message,
  });
  const held = new Set(['docker.io/library/web:1']);

  it('are none that matter when it holds the image and gave it', () => {
    const events = [event('Pulling image "web:1"'), event('Successfully pulled image "web:1" in 1s')];
    expect(pullsOf(events, held)).to.deep.equal([]);
    expect(pullsOf(events)).to.deep.equal(['web:1 was asked of its registry for pod shop/web-1']);
  });

  it('matter when it did not give it, or does not hold it', () => {
    expect(pullsOf([event('Failed to pull image "web:1": refused')], held)).to.have.length(1);
    expect(pullsOf([event('Successfully pulled image "api:1" in 1s')], held)).to.have.length(1);
  });
});

describe('the time of the site', () => {
  it('is told as NTP tells it, and compared with the node’s clock', () => {
    const question = Buffer.alloc(NTP_LENGTH);
    question[0] = 0x23;
    const answer = ntpAnswer(question, 1_800_000_000_250_000_000n);
    const text = `1800000300.000000000\n${answer?.toString('hex')}\n1800000300.500000000\n`;
    expect(clockAhead(text)).to.be.closeTo(300, 0.001);
  });

  it('is unknown without an answer', () => {
    expect(clockAhead('1800000300.0\n\n1800000305.0\n')).to.equal(null);
    expect(ntpAnswer(Buffer.alloc(12), 0n)).to.equal(null);
    expect(ntpAnswer(Buffer.alloc(NTP_LENGTH), 0n)).to.equal(null);
  });
});
