// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assets } from '../../core/assets.ts';
import type { Bundle } from '../../core/bundle.ts';
import type { CommandRunner } from '../../core/command.ts';
import { HarnessError } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import type { Gate, InternalDestination } from '../../core/gate.ts';
import type { GateRegistry, GateServices } from '../../core/gate-services.ts';
import type { PlannedService } from '../../core/site.ts';
import type { DropIn } from '../drop-ins.ts';
import { fillCharts } from '../registry/charts.ts';
import { type FilledImage, fillRegistry } from '../registry/fill.ts';
import { AUTHORITY_FILE, registriesYaml } from '../registry/mirrors.ts';
import { registryProgram, STORAGE } from '../registry/start-registry.ts';
import { K3S } from '../../core/k3s-paths.ts';
import { type Authority, openAuthority } from './authority.ts';
import { ntpProgram } from './ntp.ts';
import { folderProgram, stubProgram } from './programs.ts';
import { type RunningService, type ServiceProgram, startService } from './running-service.ts';

export interface SiteOptions {
  readonly session: {
    /** Folder for its state. */
    readonly folder: string;
    readonly runner: CommandRunner;
    readonly record: { readonly kept: boolean };
  };
  readonly services: readonly PlannedService[];
  /** The services' namespaces by name, as paths. */
  readonly netns: ReadonlyMap<string, string>;
  readonly gate: Gate;
  readonly bundle: Bundle;
  readonly assets: Pick<Assets, 'registry' | 'ntp'>;
  /** Logs of the services go to its `site/`. */
  readonly outDir: string;
  readonly log: EventSink;
}

/** What the simulated site offers, up and of use. */
export interface RunningSite extends AsyncDisposable {
  /** Files that every node gets before Kubernetes starts there. */
  readonly nodeFiles: readonly DropIn[];
  /** Text of the certificate that nodes trust; null: there is none, or they do not. */
  readonly trusted: string | null;
  /** What pods are offered: the certificate's text, and the ConfigMaps that are to hold it. Null: nothing. */
  readonly offered: { readonly pem: string; readonly configMaps: readonly string[] } | null;
  /** Text of the authority's certificate, when the gate brings its own; else null. */
  readonly ownAuthority: string | null;
  /** Images that the registry holds. */
  readonly images: readonly FilledImage[];
  /** Ends a service for good. Throws HarnessError (usage) when there is none of that name. */
  stop(name: string): Promise<void>;
}

const AUTHORITY_MODE = { files: null, nodes: true } as const;

/**
 * Starts the services of a site, each in its namespace, and fills the registry with the images of the bundle that come by it.
 * Disposing ends them, unless the session was kept. Throws HarnessError; what was started until then is ended.
 */
export async function startSite(options: SiteOptions): Promise<RunningSite> {
  const { session, services, gate, outDir, log, bundle } = options;
  const folder = join(session.folder, 'site');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await using undo = new AsyncDisposableStack();
  const declared = gate.services;
  const authority = needsAuthority(gate)
    ? await openAuthority(session.runner, declared?.authority ?? AUTHORITY_MODE, join(folder, 'ca'))
    : null;
  const running = new Map<string, RunningService>();
  const start = async (service: PlannedService): Promise<void> => {
    const netns = options.netns.get(service.name);
    if (netns === undefined) throw new Error(`unreachable: service "${service.name}" has no namespace`);
    const logFile = join(outDir, 'site', `${service.name}.log`);
    const place = { service, netns, logFile, folder: join(folder, service.name) };
    const program = await programOf(options, place, authority);
    const started = await startService(session.runner, log, program);
    undo.use(started);
    running.set(service.name, started);
  };
  const registry = declared?.registry ?? null;
  const filling =
    registry === null ? Promise.resolve([]) : fill(join(folder, 'registry', STORAGE), bundle, registry);
  const [images] = await Promise.all([filling, ...services.map(start)]);
  const trusted = (declared?.authority.nodes ?? true) ? (authority?.pem ?? null) : null;
  const ending = undo.move();
  return {
    nodeFiles: nodeFilesOf(declared, bundle, images, trusted),
    trusted,
    offered:
      authority === null ? null : { pem: authority.pem, configMaps: declared?.authority.configMaps ?? [] },
    ownAuthority: (declared?.authority.files ?? null) === null ? null : (authority?.pem ?? null),
    images,
    async stop(name) {
      const service = running.get(name);
      if (service === undefined) {
        throw new HarnessError(`the gate declares no service "${name}"`, {
          code: 'usage',
          hint: `services of this site: ${[...running.keys()].join(', ') || 'none'}`,
        });
      }
      await service.stop();
    },
    async [Symbol.asyncDispose]() {
      if (!session.record.kept) await ending.disposeAsync();
    },
  };
}

/** The images that come by the registry; charts are put there as well, but are no images of the bundle's. */
async function fill(storage: string, bundle: Bundle, registry: GateRegistry): Promise<FilledImage[]> {
  if (registry.charts !== undefined) await fillCharts(storage, bundle, registry.charts);
  return await fillRegistry(storage, bundle.registryArchives, registry);
}

interface Place {
  readonly service: PlannedService;
  readonly netns: string;
  readonly logFile: string;
  readonly folder: string;
}

async function programOf(
  { gate, assets, session }: SiteOptions,
  place: Place,
  authority: Authority | null,
): Promise<ServiceProgram> {
  const { service } = place;
  const { services } = gate;
  const certificate = async (tls: boolean): Promise<{ certificate: string; key: string } | null> =>
    tls ? ((await authority?.issue(service.name, service.hosts, service.address)) ?? null) : null;
  switch (service.kind) {
    case 'registry': {
      const registry = services?.registry;
      if (registry === undefined || registry === null) break;
      const own = { ...place, registry, certificate: await certificate(registry.tls) };
      return await registryProgram(session.runner, { ...own, program: assets.registry });
    }
    case 'charts':
    case 'packages':
    case 'files': {
      const declared = services?.[service.kind];
      if (declared === undefined || declared === null) break;
      return folderProgram(place, declared.folder, await certificate(declared.tls));
    }
    case 'ntp': {
      const { layers } = assets.ntp ?? {};
      return ntpProgram(place, layers, place.folder, services?.ntp?.skewSeconds ?? 0);
    }
    case 'tcp':
    case 'http':
    case 'program': {
      const stub = stubOf(gate.internal, service);
      if (stub === undefined) break;
      const tls = stub.kind === 'http' && stub.tls;
      return stubProgram(place, stub, await certificate(tls), authority?.certificate ?? null);
    }
  }
  throw new Error(`unreachable: service "${service.name}" was planned from the gate`);
}

function stubOf(
  internal: readonly InternalDestination[],
  service: PlannedService,
): InternalDestination['serve'] {
  return internal.find(({ name }) => name === service.internal)?.serve;
}

/** Somebody speaks TLS, or the gate brings the authority's files: then the nodes are given it in any case. */
function needsAuthority({ services, internal }: Gate): boolean {
  if (services === undefined) return internal.some(({ serve }) => serve?.kind === 'http' && serve.tls);
  const { authority, registry, charts, packages, files } = services;
  return (
    authority.files !== null ||
    (authority.configMaps ?? []).length > 0 ||
    [registry, charts, packages, files].some((one) => one?.tls === true) ||
    internal.some(({ serve }) => serve?.kind === 'http' && serve.tls)
  );
}

function nodeFilesOf(
  services: GateServices | undefined,
  bundle: Bundle,
  images: readonly FilledImage[],
  trusted: string | null,
): DropIn[] {
  const registry = services?.registry ?? null;
  const files: DropIn[] = trusted === null ? [] : [{ path: AUTHORITY_FILE, content: trusted }];
  if (registry === null || bundle.kubernetes.registries !== null) return files;
  const references = images.map(({ reference }) => reference);
  const content = registriesYaml(registry, references, { trusted: trusted !== null });
  const secret = registry.login?.password;
  return [...files, { path: K3S.registries, content, ...(secret === undefined ? {} : { secret }) }];
}
