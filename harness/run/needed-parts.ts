// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path';
import type { Assets } from '../core/assets.ts';
import type { Bundle, ManifestObject } from '../core/bundle.ts';
import { HarnessError } from '../core/errors.ts';
import { K3S_PARTS, type K3sPart, PART_GIVES } from '../core/k3s-parts.ts';

/**
 * Which parts of what K3s packages the bundle's objects ask for.
 */
export function neededParts({ objects }: Pick<Bundle, 'objects'>): K3sPart[] {
  const asked = new Set(objects.flatMap(partsFor));
  return K3S_PARTS.filter((part) => asked.has(part));
}

type WithCharts = Pick<Bundle, 'charts' | 'staticCharts' | 'inlineCharts'>;

/** Which parts the bundle's charts may ask for, by their templates: values may switch any of it off, so no run fails for want of one. */
export function speculativeParts({ charts, staticCharts, inlineCharts }: WithCharts): K3sPart[] {
  const all = [...charts, ...staticCharts, ...inlineCharts];
  const asked = new Set(all.flatMap(({ kinds }) => kinds.flatMap(partsOfKind)));
  return K3S_PARTS.filter((part) => asked.has(part));
}

/** It is reached at a Service of type LoadBalancer. */
const TRAEFIK: readonly K3sPart[] = ['servicelb', 'traefik'];
/** Kinds of traefik.io, in a chart's text, where no group is read. */
const TRAEFIK_KINDS: ReadonlySet<string> = new Set([
  'IngressRoute',
  'IngressRouteTCP',
  'IngressRouteUDP',
  'Middleware',
  'MiddlewareTCP',
  'TLSOption',
  'TLSStore',
  'TraefikService',
]);

function partsOfKind(kind: string): readonly K3sPart[] {
  return TRAEFIK_KINDS.has(kind) ? TRAEFIK : (PARTS_FOR[kind] ?? []);
}

const PARTS_FOR: Readonly<Record<string, readonly K3sPart[]>> = {
  HelmChart: ['helm-controller'],
  HelmChartConfig: ['helm-controller'],
  PersistentVolumeClaim: ['local-storage'],
  HorizontalPodAutoscaler: ['metrics-server'],
  Ingress: TRAEFIK,
  LoadBalancer: ['servicelb'], // a Service's type, in a chart's text
};

function partsFor({ apiVersion, kind, body }: ManifestObject): readonly K3sPart[] {
  if (apiVersion.startsWith('traefik.io/')) return TRAEFIK;
  switch (kind) {
    case 'HelmChart':
    case 'HelmChartConfig':
      return apiVersion.startsWith('helm.cattle.io/') ? (PARTS_FOR[kind] ?? []) : [];
    default:
      return [
        ...(PARTS_FOR[kind] ?? []),
        ...(mentions(body, (key) => CLAIM_TEMPLATES.has(key)) ? (['local-storage'] as const) : []),
        ...(kind === 'Service' && mentions(body, (key, value) => key === 'type' && value === 'LoadBalancer')
          ? (['servicelb'] as const)
          : []),
      ];
  }
}

/** Of StatefulSets, and of ephemeral volumes in any pod. */
const CLAIM_TEMPLATES: ReadonlySet<string> = new Set(['volumeClaimTemplates', 'volumeClaimTemplate']);

function mentions(value: unknown, is: (key: string, value: unknown) => boolean): boolean {
  if (value === null || typeof value !== 'object') return false;
  return Object.entries(value).some(([key, inner]) => is(key, inner) || mentions(inner, is));
}

/**
 * The archives of those parts, of the ones that setup keeps. A real K3s has everything in its own.
 * @throws HarnessError (setup) for one that setup was told to leave out
 */
export function partArchives({ k3s }: Assets, parts: readonly K3sPart[]): string[] {
  if (!k3s.standIn) return [];
  return parts.map((part) => {
    const archive = k3s.parts?.[part];
    if (archive !== undefined) return archive;
    throw new HarnessError(
      `the bundle needs ${PART_GIVES[part]}, which K3s packages as ${part}, and setup has not made that part of the stand-in`,
      { code: 'setup', hint: 'run: npm run setup -- --parts all' },
    );
  });
}

/** The archives of all parts that a bundle needs, and of those that its charts may need and setup has made. */
export function archivesFor(assets: Assets, bundle: Pick<Bundle, 'objects'> & WithCharts): string[] {
  const needed = new Set(neededParts(bundle));
  const made = speculativeParts(bundle).filter((part) => assets.k3s.parts?.[part] !== undefined);
  return partArchives(
    assets,
    K3S_PARTS.filter((part) => needed.has(part) || made.includes(part)),
  );
}

/** What the stand-in was not given, as a limit of the run; null when it has everything. */
export function leftOutParts(platformArchives: readonly string[]): string | null {
  const names = platformArchives.map((archive) => basename(archive));
  const absent = K3S_PARTS.filter((part) => !names.some((name) => name.includes(`-${part}.tar`)));
  if (absent.length === 0) return null;
  const told = absent.map((part) => `${part} (${PART_GIVES[part]})`).join(', ');
  return `the stand-in ran without parts that K3s packages and runs unless its configuration disables them: ${told}; nothing in the bundle’s manifests asks for them, and what they would do on its nodes was not seen`;
}

/** What a HelmChartConfig for K3s's own Traefik means on the stand-in, as a limit of the run; null when the bundle has none. */
export function traefikConfigLimit({ objects }: Pick<Bundle, 'objects'>): string | null {
  const config = objects.find(
    ({ apiVersion, kind, name, namespace }) =>
      kind === 'HelmChartConfig' &&
      apiVersion.startsWith('helm.cattle.io/') &&
      name === 'traefik' &&
      namespace === 'kube-system',
  );
  if (config === undefined) return null;
  return `HelmChartConfig kube-system/traefik (${config.file}:${config.line}) changed nothing: the stand-in’s Traefik is installed from plain objects, not from K3s’s chart; what these values do to a real one was not seen`;
}
