// SPDX-License-Identifier: Apache-2.0
import type { CoreV1Event } from '@kubernetes/client-node';
import { expect } from 'chai';
import { lastTimeOf, pullOf } from '../../../../harness/observe/pods/pull-facts.ts';

function event(
  reason: string,
  message: string,
  fieldPath = 'spec.containers{app}',
  kind = 'Pod',
): CoreV1Event {
  const involvedObject = { kind, namespace: 'shop', name: 'web-1', uid: 'uid-1', fieldPath };
  return { metadata: { name: 'e' }, involvedObject, reason, message };
}

function pull(...given: Parameters<typeof event>): unknown {
  return pullOf(event(...given), (uid, container) =>
    uid === 'uid-1' && container === 'app' ? 'fallback:1' : null,
  );
}

describe('image pulls in Kubernetes events', () => {
  it('are begun, done and failed', () => {
    const base = { type: 'pull', pod: { namespace: 'shop', name: 'web-1', uid: 'uid-1' }, container: 'app' };
    const cases = [
      ['Pulling', 'Pulling image "quay.io/x/app:2"', 'pulling', 'quay.io/x/app:2'],
      [
        'Pulled',
        'Successfully pulled image "quay.io/x/app:2" in 2s (2s including waiting). Image size: 1 bytes.',
        'pulled',
        'quay.io/x/app:2',
      ],
      [
        'Failed',
        'Failed to pull image "quay.io/x/app:2": failed to resolve reference: no such host',
        'failed',
        'quay.io/x/app:2',
      ],
      ['Failed', 'Error: ErrImagePull', 'failed', 'fallback:1'],
      ['Failed', 'Error: ImagePullBackOff', 'failed', 'fallback:1'],
      [
        'BackOff',
        'Back-off pulling image "quay.io/x/app:2": ErrImagePull: no such host',
        'failed',
        'quay.io/x/app:2',
      ],
    ] as const;
    for (const [reason, message, outcome, image] of cases) {
      const expected = { ...base, image, outcome, message };
      expect(pull(reason, message), message).to.deep.equal(expected);
    }
  });

  it('are told of init containers too', () => {
    expect(pull('Pulling', 'Pulling image "a:1"', 'spec.initContainers{fetch}')).to.deep.include({
      container: 'fetch',
    });
  });

  it('are not what happens to an image that is there, nor other failures', () => {
    for (const [reason, message, kind] of [
      ['Pulled', 'Container image "app:1" already present on machine'],
      ['Pulled', 'Container image "app:1" already present on machine and can be accessed by the pod'],
      ['Failed', 'Error: ErrImageNeverPull'],
      ['Failed', 'Error: failed to create containerd task: no such file'],
      ['BackOff', 'Back-off restarting failed container app in pod web-1'],
      ['Scheduled', 'Successfully assigned shop/web-1 to n1'],
      ['Pulling', 'Pulling image "a:1"', 'Node'],
    ] as const) {
      expect(pull(reason, message, undefined, kind), message).to.equal(null);
    }
  });

  it('tell when they last happened, as texts or dates', () => {
    const time = '2026-11-24T21:00:00Z';
    const at = new Date(time);
    expect(lastTimeOf({ lastTimestamp: at })).to.deep.equal(at);
    expect(lastTimeOf({ lastTimestamp: time })).to.deep.equal(at);
    expect(lastTimeOf({ eventTime: time })).to.deep.equal(at);
    expect(
      lastTimeOf({ lastTimestamp: time, series: { lastObservedTime: '2026-11-24T21:00:09Z' } }),
    ).to.deep.equal(new Date('2026-11-24T21:00:09Z'));
    expect(lastTimeOf({})).to.equal(null);
  });
});
