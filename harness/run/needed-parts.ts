// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path';
import type { Assets } from '../core/assets.ts';
import type { Bundle, ManifestObject } from '../core/bundle.ts';
import { HarnessError } from '../core/errors.ts';
import { K3S_PARTS, type K3sPart, PART_GIVES } from '../core/k3s-parts.ts';

/**
 * Which parts of what K3s packages the bundle's objects ask for. Chart objects (helm.cattle.io) ask for all: what they render is
 * not known before they are installed.
 */
export function neededParts({ objects }: Pick<Bundle, 'objects'>): K3sPart[] {
  const asked = new Set(objects.flatMap(partsFor));
  return K3S_PARTS.filter((part) => asked.has(part));
}

/** Which parts the bundle's charts may ask for, by their templates: values may switch any of it off, so no run fails for want of one. */
export function speculativeParts({ charts }: Pick<Bundle, 'charts'>): K3sPart[] {
  const asked = new Set(charts.flatMap(({ kinds }) => kinds.flatMap((kind) => PARTS_FOR[kind] ?? [])));
  return K3S_PARTS.filter((part) => asked.has(part));
}

const PARTS_FOR: Readonly<Record<string, readonly K3sPart[]>> = {
  PersistentVolumeClaim: ['local-storage'],
  HorizontalPodAutoscaler: ['metrics-server'],
  Ingress: ['servicelb', 'traefik'], // it is reached at a Service of type LoadBalancer
  LoadBalancer: ['servicelb'], // a Service's type, in a chart's text
};

function partsFor({ apiVersion, kind, body }: ManifestObject): readonly K3sPart[] {
  switch (kind) {
    case 'HelmChart':
    case 'HelmChartConfig':
      return apiVersion.startsWith('helm.cattle.io/') ? K3S_PARTS : [];
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
export function archivesFor(assets: Assets, bundle: Pick<Bundle, 'objects' | 'charts'>): string[] {
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
