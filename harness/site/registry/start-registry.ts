// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { CommandRunner } from '../../core/command.ts';
import { HarnessError } from '../../core/errors.ts';
import type { GateRegistry } from '../../core/gate-services.ts';
import { runOrThrow } from '../../core/runner.ts';
import type { PlannedService } from '../../core/site.ts';
import type { ServerCertificate } from '../services/authority.ts';
import type { ServiceProgram } from '../services/running-service.ts';

export interface RegistryOptions {
  /** Path of the program that setup built; undefined: it did not. */
  readonly program: string | undefined;
  readonly service: PlannedService;
  readonly registry: GateRegistry;
  /** Null without TLS. */
  readonly certificate: ServerCertificate | null;
  /** The registry's own folder: configuration, passwords, storage. */
  readonly folder: string;
  readonly netns: string;
  readonly logFile: string;
}

/** Below the registry's folder. */
export const STORAGE = 'storage';

/**
 * The registry's program with its configuration written. Throws HarnessError: `setup` when setup has built none.
 */
export async function registryProgram(
  runner: CommandRunner,
  { program, service, registry, certificate, folder, netns, logFile }: RegistryOptions,
): Promise<ServiceProgram> {
  if (program === undefined) {
    throw new HarnessError('the gate declares a registry, and setup has built none', {
      code: 'setup',
      hint: 'run: npm run setup -- --with registry',
    });
  }
  await mkdir(join(folder, STORAGE), { recursive: true, mode: 0o700 });
  const passwords = join(folder, 'htpasswd');
  const { login } = registry;
  if (login !== null) await writeFile(passwords, await htpasswd(runner, login), { mode: 0o600 });
  const config = join(folder, 'config.yml');
  await writeFile(
    config,
    stringify({
      version: '0.1',
      log: { level: 'warn', accesslog: { disabled: false } },
      storage: {
        filesystem: { rootdirectory: join(folder, STORAGE) },
        maintenance: { uploadpurging: { enabled: false } },
      },
      http: {
        addr: `${service.address}:${registry.port}`,
        secret: randomBytes(16).toString('hex'),
        ...(certificate === null
          ? {}
          : { tls: { certificate: certificate.certificate, key: certificate.key } }),
      },
      ...(login === null ? {} : { auth: { htpasswd: { realm: registry.host, path: passwords } } }),
    }),
    { mode: 0o600 },
  );
  return {
    service,
    argv: [program, 'serve', config],
    env: { OTEL_TRACES_EXPORTER: 'none' }, // it would look for a collector
    netns,
    logFile,
  };
}

/** distribution takes bcrypt alone; Debian's perl, which is on every machine, has it from libcrypt. */
const BCRYPT = 'my ($p, $s) = (<STDIN>, $ARGV[0]); chomp $p; print crypt($p, "\\$2y\\$05\\$$s");';

async function htpasswd(
  runner: CommandRunner,
  { user, password }: NonNullable<GateRegistry['login']>,
): Promise<string> {
  const salt = randomBytes(16).toString('base64').replaceAll('+', '.').slice(0, 21);
  const hash = await runOrThrow(runner, ['perl', '-e', BCRYPT, `${salt}u`], { stdin: `${password}\n` });
  if (!hash.startsWith('$2y$05$')) {
    throw new HarnessError('this machine’s libcrypt cannot make bcrypt passwords for the registry', {
      code: 'setup',
      hint: 'leave out user and password under site.services.registry',
    });
  }
  return `${user}:${hash}\n`;
}
