// SPDX-License-Identifier: Apache-2.0
import { ToldChild } from '../told-child.ts';
import { agentLine, containerOf } from './container-lines.ts';

/** Turns what the agent says of containers into events. */
export class ContainersObserver extends ToldChild {
  readonly id = 'containers';
  #received = 0;
  #unreadable = 0;

  protected get count(): { readonly received: number; readonly lost: number } {
    return { received: this.#received, lost: this.#unreadable };
  }

  protected take(line: unknown): void {
    const said = agentLine.parse(line);
    if ('flushed' in said) return this.answered(said.flushed);
    if ('unreadable' in said) {
      this.#unreadable += 1;
      return;
    }
    this.#received += 1;
    const container = containerOf(said.id, said.annotations ?? {});
    if (container !== null) this.options.log.append(container, { node: this.options.node });
  }
}
