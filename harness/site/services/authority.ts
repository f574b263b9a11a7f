// SPDX-License-Identifier: Apache-2.0
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandRunner } from '../../core/command.ts';
import { HarnessError, reasonOf } from '../../core/errors.ts';
import type { GateAuthority } from '../../core/gate-services.ts';
import { runOrThrow } from '../../core/runner.ts';
import { AUTHORITY_NAME } from '../../core/site.ts';

/** The site's own certificate authority. */
export interface Authority {
  /** Path and text of its certificate. */
  readonly certificate: string;
  readonly pem: string;
  /**
   * Makes a server certificate for these names, signed by the authority, valid from now on for a year.
   * Returns the paths of certificate and key. Throws HarnessError.
   */
  issue(name: string, hosts: readonly string[], address: string): Promise<ServerCertificate>;
}

export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** More than a run lasts, less than the 398 days that clients of public ones demand. */
const DAYS = '365';
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'] as const;

/**
 * The authority of a site, in a folder of its session: made now, or the gate's own files.
 * Throws HarnessError: `config` when the gate's files are no certificate and its key.
 */
export async function openAuthority(
  runner: CommandRunner,
  { files }: GateAuthority,
  folder: string,
): Promise<Authority> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const certificate = join(folder, 'ca.crt');
  const key = join(folder, 'ca.key');
  if (files === null) {
    const subject = ['-x509', '-subj', `/CN=${AUTHORITY_NAME}`, '-days', DAYS];
    const extensions = [
      '-addext',
      'basicConstraints=critical,CA:TRUE',
      '-addext',
      'keyUsage=critical,keyCertSign',
    ];
    await openssl(runner, ['req', ...subject, ...KEY, ...extensions, '-keyout', key, '-out', certificate]);
  } else {
    await copyFile(files.certificate, certificate);
    await copyFile(files.key, key);
    await openssl(runner, ['x509', '-in', certificate, '-noout']).catch((error: unknown) => {
      throw new HarnessError(`"${files.certificate}" is no certificate: ${reasonOf(error)}`, {
        code: 'config',
        hint: 'site.services.ca of gate.yaml wants PEM files',
      });
    });
  }
  return {
    certificate,
    pem: await readFile(certificate, 'utf8'),
    async issue(name, hosts, address) {
      const own = join(folder, `${name}.crt`);
      const ownKey = join(folder, `${name}.key`);
      const names = [...hosts.map((host) => `DNS:${host}`), `IP:${address}`].join(',');
      const extensions = join(folder, `${name}.ext`);
      await writeFile(extensions, `subjectAltName=${names}\nextendedKeyUsage=serverAuth\n`);
      const request = join(folder, `${name}.csr`);
      const subject = `/CN=${(hosts[0] ?? name).slice(0, LONGEST_NAME)}`;
      await openssl(runner, ['req', '-subj', subject, ...KEY, '-keyout', ownKey, '-out', request]);
      const signer = ['-CA', certificate, '-CAkey', key, '-days', DAYS, '-extfile', extensions];
      await openssl(runner, ['x509', '-req', '-in', request, ...signer, '-out', own]);
      return { certificate: own, key: ownKey };
    },
  };
}

/** Of a common name (RFC 5280, ub-common-name). */
const LONGEST_NAME = 64;

async function openssl(runner: CommandRunner, args: readonly string[]): Promise<string> {
  return await runOrThrow(runner, ['openssl', ...args]);
}
