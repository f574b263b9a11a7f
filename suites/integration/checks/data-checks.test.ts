// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { dataChecks } from '../../../harness/checks/data-checks.ts';
import { execInPod } from '../../../harness/checks/pod-exec.ts';
import { runCheck } from '../../../harness/checks/run-checks.ts';
import { waitSettled } from '../../../harness/checks/settle.ts';
import type { CheckSpec } from '../../../harness/core/bundle.ts';
import { bootKubernetes, create, type KubernetesSite } from '../support/kubernetes-site.ts';
import { EMPTY_BUNDLE } from '../../support/empty-bundle.ts';
import { needs } from '../support/needs.ts';
import { deployment, namespace } from '../support/objects.ts';

const METRICS = 'http://kube-dns.kube-system.svc:9153/metrics';

/** A bundle's own checks on a real node. CoreDNS, which is in every node, serves the HTTP. */
describe('checks as data', function data() {
  this.timeout(60_000);
  let site: KubernetesSite;
  before(async function () {
    this.timeout(120_000);
    needs(this, 'root', 'netns', 'k3s');
    site = await bootKubernetes();
    await create(site.cluster, namespace('shop'), deployment('shop', 'web'));
    const { signal } = site.context;
    await waitSettled(site.cluster, { signal, deadlineMs: 60_000, harnessNamespaces: [] });
  });
  after(async () => await site?.[Symbol.asyncDispose]());

  async function ask(spec: CheckSpec): Promise<string> {
    const [check] = dataChecks({ ...EMPTY_BUNDLE, checks: [spec] });
    if (check === undefined) expect.fail('no check was made');
    const { result, message } = await runCheck(check, site.context);
    return `${result}: ${message}`;
  }

  describe('http', () => {
    const http = { url: METRICS, status: 200, contains: 'coredns_build_info', from: 'pod' } as const;

    it('from a pod, by name', async () => {
      expect(await ask({ id: 'x', http })).to.equal(`pass: ${METRICS} from a pod: status 200`);
    });

    it('from the node, by address', async () => {
      const url = 'http://10.43.0.10:9153/metrics';
      expect(await ask({ id: 'x', http: { ...http, url, from: 'node' } })).to.equal(
        `pass: ${url} from a node: status 200`,
      );
    });

    it('another status, another content, nobody there', async () => {
      expect(await ask({ id: 'x', http: { ...http, status: 204 } })).to.contain(
        `fail: ${METRICS} from a pod: status 200, expected 204; the answer: it begins: # HELP`,
      );
      expect(await ask({ id: 'x', http: { ...http, contains: 'Welcome' } })).to.contain(
        `fail: ${METRICS} from a pod: the answer does not contain "Welcome"; it begins: # HELP`,
      );
      const url = 'http://nobody.shop.svc/';
      expect(await ask({ id: 'x', http: { ...http, url } })).to.match(
        /^fail: http:\/\/nobody\.shop\.svc\/ from a pod: .*lookup nobody\.shop\.svc on 10\.43\.0\.10:53/,
      );
    });
  });

  describe('command', () => {
    const pod = { namespace: 'shop', selector: 'app=web' };
    const probe = ['/airgap-node', 'probe', 'dns', 'kubernetes.default.svc'];
    const command = { pod, run: probe, exitCode: 0, contains: '10.43.0.1' };

    it('in a pod', async () => {
      expect(await ask({ id: 'x', command })).to.equal(`pass: "${probe.join(' ')}": exit code 0`);
    });

    it('on the node', async () => {
      expect(
        await ask({ id: 'x', command: { run: ['cat', '/etc/hostname'], exitCode: 0, contains: 'n1' } }),
      ).to.equal('pass: "cat /etc/hostname": exit code 0');
    });

    it('another exit code, in both ways', async () => {
      const wrong = ['/airgap-node', 'probe', 'nonsense'];
      expect(await ask({ id: 'x', command: { pod, run: wrong, exitCode: 2 } })).to.contain('pass: ');
      expect(await ask({ id: 'x', command: { pod, run: wrong, exitCode: 0 } })).to.match(
        /^fail: "\/airgap-node probe nonsense": exit code 2, expected 0: usage: /,
      );
    });

    it('another output, no such program, no such pod', async () => {
      expect(await ask({ id: 'x', command: { ...command, contains: '192.0.2.1' } })).to.contain(
        'its output does not contain "192.0.2.1": {"ok":true',
      );
      expect(await ask({ id: 'x', command: { pod, run: ['psql'], exitCode: 0 } })).to.match(
        /^fail: "psql": could not be run: .*executable file not found/s,
      );
      expect(await ask({ id: 'x', command: { ...command, pod: { ...pod, selector: 'app=db' } } })).to.equal(
        'fail: no ready pod matches "app=db" in shop',
      );
    });
  });

  describe('condition', () => {
    const condition = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: 'shop',
      name: 'web',
      condition: 'Available',
      status: 'True',
    };

    it('as wanted, otherwise, absent, of no such object', async () => {
      expect(await ask({ id: 'x', condition })).to.equal('pass: Deployment shop/web: Available is True');
      expect(await ask({ id: 'x', condition: { ...condition, status: 'False' } })).to.contain(
        'fail: Deployment shop/web: Available is True, expected False',
      );
      expect(await ask({ id: 'x', condition: { ...condition, condition: 'Shiny' } })).to.contain(
        'fail: Deployment shop/web: Shiny is not set, expected True',
      );
      expect(await ask({ id: 'x', condition: { ...condition, name: 'gone' } })).to.equal(
        'fail: Deployment shop/gone does not exist',
      );
    });

    it('of a kind that the cluster does not know', async () => {
      for (const apiVersion of ['apps/v1', 'airgap.test/v1']) {
        expect(await ask({ id: 'x', condition: { ...condition, apiVersion, kind: 'Widget' } })).to.equal(
          'fail: Widget shop/web does not exist',
        );
      }
    });
  });

  describe('a program in a pod', () => {
    const place = async (): Promise<{ namespace: string; pod: string }> => {
      const name = await site.cluster.kubectl(['get', 'pod', '-n', 'shop', '-l', 'app=web', '-o', 'name']);
      return { namespace: 'shop', pod: name.trim().replace('pod/', '') };
    };

    it('that does not end is given up after its time', async () => {
      const { signal } = site.context;
      const result = await execInPod(site.cluster, await place(), ['/airgap-node', 'pause'], {
        signal,
        timeoutMs: 1_000,
      });
      expect(result).to.deep.include({ exitCode: null, timedOut: true, cancelled: false });
    });

    it('ends with the run', async () => {
      const signal = AbortSignal.timeout(500);
      const result = await execInPod(site.cluster, await place(), ['/airgap-node', 'pause'], { signal });
      expect(result).to.deep.include({ exitCode: null, timedOut: false, cancelled: true });
    });

    it('that is not there cannot be asked', async () => {
      const { signal } = site.context;
      const gone = { namespace: 'shop', pod: 'gone', container: 'main' };
      const reason = await execInPod(site.cluster, gone, ['x'], { signal }).then(
        () => 'ran',
        (error: unknown) => String(error),
      );
      expect(reason).to.equal('HarnessError: cannot run "x" in shop/gone: Unexpected server response: 404');
    });
  });
});
