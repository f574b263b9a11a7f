// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Ingress, V1Secret } from '@kubernetes/client-node';
import { expect } from 'chai';
import { ingressProblems, secretProblems } from '../../../harness/checks/certificates.ts';

const DAY = 86_400_000;
/** A minute from the start of the tests: certificates are valid from the second in which they are made. */
const NOW = Date.now() + 60_000;

describe('certificates of Secrets and Ingresses', () => {
  const dir = mkdtempSync(join(tmpdir(), 'airgap-certificates-'));
  after(() => rmSync(dir, { recursive: true }));

  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });
  };
  const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const authority = (name: string): X509Certificate => {
    openssl(
      'req',
      '-x509',
      ...KEY,
      '-subj',
      `/CN=${name}`,
      '-days',
      '3650',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
    );
    return new X509Certificate(readFileSync(join(dir, `${name}.crt`)));
  };
  const server = (name: string, signer: string, host: string): V1Secret => {
    writeFileSync(join(dir, 'ext'), `subjectAltName=DNS:${host}\n`);
    openssl('req', ...KEY, '-subj', `/CN=${host}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      `${signer}.crt`,
      '-CAkey',
      `${signer}.key`,
      '-days',
      '100',
      '-extfile',
      'ext',
      '-out',
      `${name}.crt`,
    );
    return secret(name, readFileSync(join(dir, `${name}.crt`), 'utf8'));
  };
  const secret = (name: string, text: string): V1Secret => ({
    metadata: { namespace: 'shop', name },
    data: { 'tls.crt': Buffer.from(text).toString('base64') },
  });
  const ingress = (secretName: string, ...hosts: string[]): V1Ingress => ({
    metadata: { namespace: 'shop', name: 'front' },
    spec: { tls: [{ secretName, hosts }] },
  });

  it('good ones are good', () => {
    const corp = authority('corp');
    const web = server('web', 'corp', 'shop.site.example');
    expect(secretProblems(web, null, NOW)).to.deep.equal([]);
    expect(secretProblems(web, corp, NOW)).to.deep.equal([]);
    expect(ingressProblems(ingress('web', 'shop.site.example'), [web])).to.deep.equal([]);
  });

  it('one that ends soon, has ended or has not begun is told with its day', () => {
    authority('corp');
    const web = server('web', 'corp', 'shop.site.example');
    const at = (days: number): string => secretProblems(web, null, NOW + days * DAY).join();
    expect(at(80)).to.match(/^Secret shop\/web: expires in (?:19|20) day\(s\), on /);
    expect(at(101)).to.match(/^Secret shop\/web: expired on /);
    expect(at(-1)).to.match(/^Secret shop\/web: not valid before /);
  });

  it('one of another authority is told with its issuer', () => {
    const corp = authority('corp');
    authority('other');
    const web = server('web', 'other', 'shop.site.example');
    expect(secretProblems(web, corp, NOW)).to.deep.equal([
      'Secret shop/web: its certificate does not come from the site’s authority (CN=corp) but from CN=other',
    ]);
  });

  it('an Ingress whose Secret is missing, or for another host', () => {
    authority('corp');
    const web = server('web', 'corp', '*.site.example');
    expect(ingressProblems(ingress('none', 'a.site.example'), [web])).to.deep.equal([
      'Ingress shop/front: there is no TLS Secret "none"',
    ]);
    expect(ingressProblems(ingress('web', 'a.site.example', 'shop.corp.example'), [web])).to.deep.equal([
      'Ingress shop/front: the certificate of Secret "web" is not for shop.corp.example',
    ]);
  });

  it('what is no certificate', () => {
    expect(secretProblems(secret('web', 'hello'), null, NOW)).to.deep.equal([
      'Secret shop/web: tls.crt holds no certificate',
    ]);
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    expect(secretProblems(secret('web', broken), null, NOW).join()).to.match(/tls.crt cannot be read/);
  });
});
