// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '../core/events.ts';
import type { Confidence } from '../core/report.ts';
import type { Facts } from './facts.ts';
import { maskArgv } from './mask.ts';
import type { PodFact } from './pods.ts';
import { ancestorsOf, lineage, programOf, type TaskState } from './tasks.ts';

export interface ProcessFacts {
  readonly exe: string;
  readonly argv: readonly string[] | null;
  readonly ancestors: readonly string[];
}

/** Who did it. `null` with confidence `observed` is a finding too: this process belongs to no pod. */
export interface Culprit {
  readonly node: NodeId | null;
  readonly namespace: string | null;
  readonly pod: string | null;
  readonly podUid: string | null;
  /** `Kind/name` */
  readonly owner: string | null;
  readonly container: string | null;
  readonly image: string | null;
  readonly process: ProcessFacts | null;
  readonly confidence: Readonly<Record<'process' | 'pod' | 'image', Confidence>>;
  /** One of the harness's own pods: canaries and probes. */
  readonly harness: boolean;
}

export const UNKNOWN_CULPRIT: Culprit = {
  node: null,
  namespace: null,
  pod: null,
  podUid: null,
  owner: null,
  container: null,
  image: null,
  process: null,
  confidence: { process: 'unknown', pod: 'unknown', image: 'unknown' },
  harness: false,
};

/** Finds out who is behind a task or an address, from what the log says of tasks, containers and pods. */
export class Culprits {
  readonly #facts: Facts;
  readonly #byTask = new Map<TaskState, Culprit>();

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** The process is known for certain, and by its cgroup the pod. */
  ofTask(task: TaskState, node: NodeId | null): Culprit {
    let culprit = this.#byTask.get(task);
    if (culprit === undefined) {
      culprit = this.#resolve(task, node);
      this.#byTask.set(task, culprit);
    }
    return culprit;
  }

  /** All that a frame's source address tells. Of a pod with one container, that container. */
  ofPod(pod: PodFact, node: NodeId | null): Culprit {
    const only = onlyContainer(pod);
    return {
      node,
      ...this.#podFields(pod),
      container: only?.name ?? null,
      image: only?.image ?? null,
      process: null,
      confidence: { process: 'unknown', pod: 'joined', image: only === null ? 'unknown' : 'inferred' },
    };
  }

  #resolve(task: TaskState, node: NodeId | null): Culprit {
    const process: ProcessFacts = {
      exe: task.exe,
      argv: task.argv === null ? null : maskArgv(task.argv, task.exe),
      ancestors: ancestorsOf(task),
    };
    let containerId: string | null = null;
    let podUid: string | null = null;
    for (const state of lineage(task)) {
      containerId ??= state.container;
      podUid ??= state.podUid;
      if (containerId !== null && podUid !== null) break;
    }
    const container = containerId === null ? undefined : this.#facts.containers.get(containerId);
    podUid = container?.pod.uid ?? podUid;
    if (podUid === null) {
      const pod = containerId === null ? 'observed' : 'unknown';
      return { ...UNKNOWN_CULPRIT, node, process, confidence: { process: 'observed', pod, image: pod } };
    }
    const pod = this.#facts.pods.byUid(podUid);
    if (pod === null) {
      return {
        ...UNKNOWN_CULPRIT,
        node,
        namespace: container?.pod.namespace ?? null,
        pod: container?.pod.name ?? null,
        podUid,
        owner: container === undefined ? null : `Pod/${container.pod.name}`,
        container: container?.name ?? null,
        image: container?.image ?? null,
        process,
        confidence: {
          process: 'observed',
          pod: container === undefined ? 'unknown' : 'observed',
          image: container === undefined ? 'unknown' : 'observed',
        },
        harness: this.#isHarness(container?.pod.namespace ?? null),
      };
    }
    const declared = container === undefined ? onlyContainer(pod) : containerNamed(pod, container.name);
    return {
      node,
      ...this.#podFields(pod),
      container: container?.name ?? declared?.name ?? null,
      // As the manifest writes it, since that is what a person edits; else as the runtime knows it.
      image: declared?.image ?? container?.image ?? null,
      process,
      confidence: {
        process: 'observed',
        pod: 'observed',
        image: container !== undefined ? 'observed' : declared === null ? 'unknown' : 'inferred',
      },
    };
  }

  #podFields(pod: PodFact): Pick<Culprit, 'namespace' | 'pod' | 'podUid' | 'owner' | 'harness'> {
    return {
      namespace: pod.pod.namespace,
      pod: pod.pod.name,
      podUid: pod.pod.uid,
      owner: `${pod.owner.kind}/${pod.owner.name}`,
      harness: this.#isHarness(pod.pod.namespace),
    };
  }

  #isHarness(namespace: string | null): boolean {
    return namespace !== null && this.#facts.run.harnessNamespaces.includes(namespace);
  }
}

function onlyContainer(pod: PodFact): PodFact['containers'][number] | null {
  return pod.containers.length === 1 ? (pod.containers[0] ?? null) : null;
}

function containerNamed(pod: PodFact, name: string): PodFact['containers'][number] | null {
  return pod.containers.find((container) => container.name === name) ?? null;
}

/**
 * What stands for the culprit in an attempt's id and in groups: `namespace/Kind/name` of a workload, `process:program`
 * of a process of the node itself (its folder may carry a version), null when nobody is known.
 */
export function ownerKey(culprit: Culprit): string | null {
  if (culprit.owner !== null) return `${culprit.namespace ?? ''}/${culprit.owner}`;
  return culprit.process === null ? null : `process:${programOf(culprit.process.exe)}`;
}
