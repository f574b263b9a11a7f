// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../../core/clock.ts';
import type { EventSink, NodeId, TaskKey } from '../../core/events.ts';
import type { Image } from './task-table.ts';

/** Writes tasks down when a sighting names them, and only then: a node starts thousands that never call out. */
export class TaskLog {
  readonly #log: EventSink;
  readonly #clock: Clock;
  readonly #node: NodeId;
  /** What was last written of an image: its arguments may become known later. */
  readonly #written = new WeakMap<Image, Image['argv']>();

  constructor(options: { readonly log: EventSink; readonly clock: Clock; readonly node: NodeId }) {
    this.#log = options.log;
    this.#clock = options.clock;
    this.#node = options.node;
  }

  /** Appends the image and those above it, parents first, as far as they have changed. Returns its key. */
  write(image: Image): TaskKey {
    const parent = image.parent === null ? undefined : this.write(image.parent);
    const startedAt = this.#clock.fromMonotonic(BigInt(image.startedAt));
    const key = `${this.#node}:${image.tid}:${startedAt}`;
    if (this.#written.has(image) && this.#written.get(image) === image.argv) return key;
    this.#written.set(image, image.argv);
    this.#log.append(
      {
        type: 'task',
        key,
        ...(parent === undefined ? {} : { parent }),
        exe: image.exe,
        ...(image.argv === null ? {} : { argv: image.argv }),
        ...(image.cgroup?.container === undefined ? {} : { container: image.cgroup.container }),
        ...(image.cgroup?.podUid === undefined ? {} : { podUid: image.cgroup.podUid }),
      },
      { node: this.#node, at: startedAt },
    );
    return key;
  }
}
