// SPDX-License-Identifier: Apache-2.0
import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ConfigFile } from '../core/config-file.ts';
import type { GateFolder, GateServices, RegistryCharts, Stub } from '../core/gate-services.ts';
import { quoted } from '../core/printable.ts';
import { systemReason } from '../core/system-reason.ts';
import { type Problem, problemsError, type YamlPath } from '../core/yaml-file.ts';
import type { ServicesDocument, StubDocument } from './services-schema.ts';

/** What must lie in a folder for it to be of use as what it is declared to be. */
const TELLS = { charts: 'index.yaml', packages: 'dists', files: '.' } as const;

/** Finds the files that a gate's services name. */
export class ServiceFiles {
  readonly #file: string;
  readonly #config: Pick<ConfigFile<unknown>, 'positionOf'>;
  readonly #problems: Problem[] = [];

  constructor(file: string, config: Pick<ConfigFile<unknown>, 'positionOf'>) {
    this.#file = file;
    this.#config = config;
  }

  /** Throws HarnessError (config) that lists what is missing as file:line:column. */
  throwIfAny(): void {
    if (this.#problems.length > 0) throw problemsError(this.#file, this.#problems, 'config');
  }

  async services(document: ServicesDocument, at: YamlPath): Promise<GateServices> {
    const { ca, registry, ntp, charts, packages, files, zone } = document;
    const { certificate, key } = ca;
    return {
      authority: {
        files:
          certificate === undefined || key === undefined
            ? null
            : {
                certificate: await this.#find(certificate, [...at, 'ca', 'certificate'], 'file'),
                key: await this.#find(key, [...at, 'ca', 'key'], 'file'),
              },
        nodes: ca.nodes,
        ...(ca.configMaps.length === 0 ? {} : { configMaps: ca.configMaps }),
      },
      registry:
        registry === undefined
          ? null
          : {
              host: registry.host.toLowerCase(),
              port: registry.port ?? (registry.tls ? 443 : 80),
              tls: registry.tls,
              login:
                registry.user === undefined || registry.password === undefined
                  ? null
                  : { user: registry.user, password: registry.password },
              projects: registry.projects,
              images: registry.images,
              ...(registry.charts === undefined
                ? {}
                : { charts: await this.#registryCharts(registry.charts, [...at, 'registry', 'charts']) }),
            },
      ntp: ntp === undefined ? null : { host: ntp.host.toLowerCase(), skewSeconds: ntp.skew },
      charts: await this.#folder(charts, at, 'charts'),
      packages: await this.#folder(packages, at, 'packages'),
      files: await this.#folder(files, at, 'files'),
      zone: Object.fromEntries(
        Object.entries(zone).map(([name, target]) => [name.toLowerCase(), target] as const),
      ),
    };
  }

  async stub({ http, program }: StubDocument, at: YamlPath): Promise<Stub> {
    if (http !== undefined) return { kind: 'http', ...http };
    if (program === undefined) return { kind: 'tcp' };
    const folder = await this.#find(program.folder, [...at, 'program', 'folder'], 'folder');
    return { kind: 'program', run: program.run, folder };
  }

  async #registryCharts(
    { project, folder }: NonNullable<NonNullable<ServicesDocument['registry']>['charts']>,
    at: YamlPath,
  ): Promise<RegistryCharts> {
    return {
      project,
      folder: folder === undefined ? null : await this.#find(folder, [...at, 'folder'], 'folder'),
    };
  }

  async #folder(
    declared: ServicesDocument['charts'],
    at: YamlPath,
    key: keyof typeof TELLS,
  ): Promise<GateFolder | null> {
    if (declared === undefined) return null;
    const { host, port, tls } = declared;
    const place = [...at, key, 'folder'];
    const folder = await this.#find(declared.folder, place, 'folder');
    const tells = join(folder, TELLS[key]);
    const isThere = await stat(tells).catch(() => null);
    if (folder !== '' && isThere === null)
      this.#report(place, `${quoted(declared.folder)} holds no ${TELLS[key]}`);
    return { host: host.toLowerCase(), port: port ?? (tls ? 443 : 80), tls, folder };
  }

  /** Absolute path; '' when it is not there, which is reported. */
  async #find(path: string, at: YamlPath, kind: 'file' | 'folder'): Promise<string> {
    const absolute = resolve(dirname(this.#file), path);
    try {
      const found = await stat(absolute);
      if (kind === 'folder' ? found.isDirectory() : found.isFile()) return absolute;
      this.#report(at, `${quoted(path)} is no ${kind}`);
    } catch (error) {
      this.#report(at, `${quoted(path)} cannot be used: ${systemReason(error)}`);
    }
    return '';
  }

  #report(at: YamlPath, message: string): void {
    this.#problems.push({ position: this.#config.positionOf(at), message });
  }
}
