// SPDX-License-Identifier: Apache-2.0
import type { EventOf, TaskKey } from '../core/events.ts';

/**
 * What a task was from one `task` event to the next of the same key. Its parent is the parent's state at that time: a
 * shell that later execs a server was still the shell when it started its child.
 */
export interface TaskState {
  readonly key: TaskKey;
  readonly exe: string;
  readonly argv: readonly string[] | null;
  readonly container: string | null;
  readonly podUid: string | null;
  readonly parent: TaskState | null;
}

/** The last program of an executable's path. */
export function programOf(exe: string): string {
  return exe.slice(exe.lastIndexOf('/') + 1);
}

/** Tasks by key, as they are at this point of the log. */
export class Tasks {
  readonly #current = new Map<TaskKey, TaskState>();

  add(event: EventOf<'task'>): void {
    this.#current.set(event.key, {
      key: event.key,
      exe: event.exe,
      argv: event.argv ?? null,
      container: event.container ?? null,
      podUid: event.podUid ?? null,
      parent: event.parent === undefined ? null : (this.#current.get(event.parent) ?? null),
    });
  }

  now(key: TaskKey): TaskState | null {
    return this.#current.get(key) ?? null;
  }
}

/** The task itself, then its parent and so on; a key that comes twice ends the walk. */
export function* lineage(task: TaskState): Generator<TaskState> {
  const seen = new Set<TaskKey>();
  for (let at: TaskState | null = task; at !== null && !seen.has(at.key); at = at.parent) {
    seen.add(at.key);
    yield at;
  }
}

const NODE_INIT = /^(?:init|systemd|airgap-node|containerd-shim.*|k3s|k3s-server)$/;
const MOST_ANCESTORS = 12;

/**
 * Executables from the parent upwards, without repetitions in a row, up to and with the shim of the container or the
 * init of the node: what lies above is the same for all.
 */
export function ancestorsOf(task: TaskState): string[] {
  const ancestors: string[] = [];
  let previous = task.exe;
  if (NODE_INIT.test(programOf(previous))) return ancestors;
  for (const { exe } of lineage(task)) {
    if (exe === previous) continue;
    ancestors.push(exe);
    previous = exe;
    if (NODE_INIT.test(programOf(exe)) || ancestors.length === MOST_ANCESTORS) break;
  }
  return ancestors;
}
