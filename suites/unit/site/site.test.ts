// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { applyErrors } from '../../../harness/site/apply-errors.ts';
import { jobOf } from '../../../harness/site/cronjobs.ts';
import { parseLimits } from '../../../harness/site/node-limits.ts';

describe('what K3s’s log says about manifests', () => {
  const line = (level: string, message: string): string =>
    `time="2026-11-24T22:08:08Z" level=${level} msg="${message}"`;
  const DIR = '/var/lib/rancher/k3s/server/manifests';

  it('errors alone, without repeats, the newest first', () => {
    const log = [
      line('error', `Failed to process ${DIR}/old.yaml: timeout`),
      line('info', `Applied manifest at \\"${DIR}/good.yaml\\"`),
      line('error', `Failed to process ${DIR}/app.yaml: no matches for kind \\"Gadget\\"`),
      line('error', 'failed to reach something else'),
      line('error', `Failed to process ${DIR}/app.yaml: no matches for kind \\"Gadget\\"`),
    ].join('\n');
    expect(applyErrors(log)).to.deep.equal([
      `Failed to process ${DIR}/app.yaml: no matches for kind "Gadget"`,
      `Failed to process ${DIR}/old.yaml: timeout`,
    ]);
  });

  it('three at most, and nothing of a log without errors', () => {
    const many = Array.from({ length: 9 }, (_, n) => line('error', `failed: ${DIR}/${n}.yaml`)).join('\n');
    expect(applyErrors(many)).to.deep.equal([8, 7, 6].map((n) => `failed: ${DIR}/${n}.yaml`));
    expect(applyErrors('')).to.deep.equal([]);
  });
});

describe('a CronJob started by hand', () => {
  const cronJob = {
    metadata: { name: 'a'.repeat(52), namespace: 'shop', uid: 'u' },
    spec: {
      schedule: '@yearly',
      jobTemplate: {
        metadata: { labels: { a: 'b' }, annotations: { c: 'd' } },
        spec: { template: {}, backoffLimit: 1 },
      },
    },
  };

  it('is the Job that its controller would make', () => {
    expect(jobOf(cronJob, 2)).to.deep.equal({
      metadata: {
        name: `${'a'.repeat(52)}-airgap-2`,
        namespace: 'shop',
        labels: { a: 'b' },
        annotations: { c: 'd', 'cronjob.kubernetes.io/instantiate': 'manual' },
        ownerReferences: [
          {
            apiVersion: 'batch/v1',
            kind: 'CronJob',
            name: 'a'.repeat(52),
            uid: 'u',
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: { template: {}, backoffLimit: 1 },
    });
  });

  it('has a name that its pods can carry in a label', () => {
    expect(jobOf({ ...cronJob, metadata: { name: 'b'.repeat(80) } }, 10).metadata?.name).to.have.length(63);
  });
});

describe('what a node’s kernel side lacks', () => {
  it('is read from its capabilities and the kind of its cgroups', () => {
    expect(parseLimits('CapEff:\t000001ffffffffff\ncgroup2fs\n')).to.deep.equal({
      cgroupV1: false,
      sysResource: true,
    });
    expect(parseLimits('CapEff:\t000001fffeffffff\ntmpfs\n')).to.deep.equal({
      cgroupV1: true,
      sysResource: false,
    });
    expect(() => parseLimits('')).to.throw('the node does not tell its capabilities and cgroups');
  });
});
