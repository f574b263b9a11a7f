// SPDX-License-Identifier: Apache-2.0

/** What a cgroup path tells of who is in it. */
export interface CgroupIdentity {
  /** 64 hex digits. */
  readonly container?: string;
  readonly podUid?: string;
}

/** A uid; of a static pod a hash of 32 digits. */
const POD =
  /pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32}(?![0-9a-f]))/;
const CONTAINER = /(?<![0-9a-f])([0-9a-f]{64})(?![0-9a-f])/;

/**
 * Container and pod in a cgroup path, of the cgroupfs driver (`/kubepods/burstable/pod<uid>/<id>`) and of the systemd
 * driver (`/kubepods-burstable-pod<uid_>.slice/cri-containerd-<id>.scope`). Null when it names neither.
 */
export function cgroupIdentity(path: string): CgroupIdentity | null {
  const pod = POD.exec(path);
  // After the pod: a container that itself runs containers has their ids further down.
  const container = CONTAINER.exec(pod === null ? path : path.slice(pod.index + pod[0].length))?.[1];
  if (pod === null && container === undefined) return null;
  return {
    ...(container === undefined ? {} : { container }),
    ...(pod === null ? {} : { podUid: (pod[1] ?? '').replaceAll('_', '-') }),
  };
}
