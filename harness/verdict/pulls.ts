// SPDX-License-Identifier: Apache-2.0
import type { RunNs } from '../core/clock.ts';
import type { EventOf } from '../core/events.ts';
import { canonicalAddress } from './addresses.ts';
import { type Culprit, type Culprits, UNKNOWN_CULPRIT } from './culprit.ts';
import type { Facts } from './facts.ts';
import { findInBundle, registryHosts } from './images.ts';
import { programOf } from './tasks.ts';

const S = 1_000_000_000;
/** Kubernetes events carry whole seconds and come after the fact; containerd retries within a minute. */
const BEFORE = 5 * S;
const AFTER = 60 * S;
const RUNTIME = /^(?:containerd|k3s|k3s-server|k3s-compat|rke2|crio|dockerd|cri-dockerd)$/;

/** One image that a container of a workload wanted, and when. */
export interface Wanted {
  readonly culprit: Culprit;
  readonly image: string;
  readonly pullPolicy: string | null;
  readonly hosts: readonly string[];
  readonly port: number | null;
  /** The site's registry, when the image comes by it: asked under its own name, whatever the image is called. */
  readonly site: { readonly hosts: readonly string[]; readonly ports: readonly number[] } | null;
  readonly times: readonly RunNs[];
}

/** True for the container runtime, which pulls on behalf of pods. */
export function isRuntime(culprit: Culprit): boolean {
  return culprit.podUid === null && culprit.process !== null && RUNTIME.test(programOf(culprit.process.exe));
}

/** True for a helper that the runtime started outside any pod, e.g. a credential provider. */
export function isRuntimeHelper(culprit: Culprit): boolean {
  return (
    culprit.podUid === null &&
    culprit.process !== null &&
    culprit.process.ancestors.some((exe) => RUNTIME.test(programOf(exe)))
  );
}

/** The images that pods waited for, to be joined with what the container runtime asked for. */
export class Pulls {
  readonly #wanted: readonly Wanted[];

  constructor(facts: Facts, culprits: Culprits) {
    const byContainer = Map.groupBy(facts.pulls, (pull) =>
      JSON.stringify([pull.pod.uid, pull.container, pull.image]),
    );
    this.#wanted = [...byContainer.values()].map((pulls) => wantedBy(pulls, facts, culprits));
  }

  /**
   * Who wanted something of this host (name or address) at that time. Two that wanted it at once both did: which of
   * them a look-up was for cannot be told. When nobody's time fits, the nearest in time counts.
   */
  match(host: string, port: number | null, at: RunNs): readonly Wanted[] {
    const ofHost = this.#wanted.filter(
      (wanted) =>
        (wanted.hosts.includes(host) && (port === null || port === (wanted.port ?? 443))) ||
        (wanted.site !== null &&
          wanted.site.hosts.includes(host) &&
          (port === null || wanted.site.ports.includes(port))),
    );
    const inTime = ofHost.filter(({ times }) =>
      times.some((time) => at >= time - BEFORE && at <= time + AFTER),
    );
    if (inTime.length > 0) return inTime;
    const distances = ofHost.map(({ times }) => Math.min(...times.map((time) => Math.abs(time - at))));
    const nearest = Math.min(...distances);
    return ofHost.filter((_, index) => distances[index] === nearest);
  }

  /** The only image wanted at that time: it explains the runtime's look-up of a host it does not name (a mirror). */
  onlyOneWanted(at: RunNs): Wanted | null {
    const inTime = this.#wanted.filter(({ times }) =>
      times.some((time) => at >= time - BEFORE && at <= time + AFTER),
    );
    return inTime.length === 1 ? (inTime[0] ?? null) : null;
  }
}

function wantedBy(pulls: readonly EventOf<'pull'>[], facts: Facts, culprits: Culprits): Wanted {
  const [first] = pulls;
  if (first === undefined) throw new RangeError('a pull is never an empty group');
  const pod = facts.pods.byUid(first.pod.uid);
  const of: Culprit =
    pod === null
      ? {
          ...UNKNOWN_CULPRIT,
          namespace: first.pod.namespace,
          pod: first.pod.name,
          podUid: first.pod.uid,
          owner: `Pod/${first.pod.name}`,
          harness: facts.run.harnessNamespaces.includes(first.pod.namespace),
        }
      : culprits.ofPod(pod, null);
  const declared =
    pod?.containers.find(({ name }) => name === first.container) ??
    pod?.containers.find(({ image }) => image === first.image);
  const { hosts, port } = registryHosts(first.image);
  return {
    culprit: {
      ...of,
      container: declared?.name ?? (first.container === '' ? null : first.container),
      image: first.image,
      confidence: { process: 'unknown', pod: 'joined', image: 'joined' },
    },
    image: first.image,
    pullPolicy: declared?.pullPolicy ?? null,
    hosts: hosts.map(canonicalAddress),
    port,
    site: siteRegistryOf(first.image, facts),
    times: pulls.map(({ at }) => at),
  };
}

/** The site's registry under all its names, when the bundle's image comes by it. */
function siteRegistryOf(image: string, { run }: Facts): Wanted['site'] {
  const registry = run.services?.find(({ kind }) => kind === 'registry');
  if (registry === undefined || findInBundle(image, run.bundle)?.via !== 'registry') return null;
  return { hosts: [...registry.hosts, registry.address], ports: registry.ports };
}
