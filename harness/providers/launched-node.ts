// SPDX-License-Identifier: Apache-2.0
import type { NodeVantage, PreparedNode, RunningNode } from '../core/node.ts';
import { AgentNode, type AgentNodeParts } from './agent-node.ts';
import type { Launcher } from './launcher.ts';
import { resetNetwork } from './node-network.ts';

export interface NodeParts extends AgentNodeParts {
  /** Name of its network namespace. */
  readonly netns: string;
  readonly limits: NonNullable<PreparedNode['limits']>;
  readonly vantage: NodeVantage;
  startLauncher(): Promise<Launcher>;
  /** After each boot. */
  afterBoot(launcherTid: number): Promise<void>;
  /** After its end, before it is started again on the same disk; the network is seen to. */
  beforeReboot(): Promise<void>;
  /** Removes all that a node has which has ended. */
  remove(): Promise<void>;
  /** From then on the node's own files are its own business. */
  afterFirstBoot(): Promise<void>;
}

/** A node whose processes this machine's kernel runs, from the waiting launcher on. */
export class LaunchedNode extends AgentNode implements PreparedNode, RunningNode {
  readonly vantage: NodeVantage;
  readonly limits: NonNullable<PreparedNode['limits']>;
  readonly pace = 1;
  readonly #parts: NodeParts;
  #launcher: Launcher;

  constructor(parts: NodeParts, launcher: Launcher) {
    super(parts);
    this.vantage = parts.vantage;
    this.limits = parts.limits;
    this.#parts = parts;
    this.#launcher = launcher;
  }

  get launcherTid(): number {
    return this.#launcher.identity.pid;
  }

  /** Writes the launcher down in the session's record. */
  async register(): Promise<void> {
    await this.record(this.#launcher.identity);
  }

  async boot(): Promise<RunningNode> {
    await this.#go();
    await this.#parts.afterFirstBoot();
    return this;
  }

  async reboot(): Promise<void> {
    this.needRunning();
    const { session, netns, spec } = this.#parts;
    await this.tell((listener) => listener.stops?.());
    await this.#launcher.kill();
    await this.tell((listener) => listener.ends?.());
    await this.#parts.beforeReboot();
    await resetNetwork(session.runner, netns, spec.link);
    this.#launcher = await this.#parts.startLauncher();
    await this.register();
    await this.tell((listener) => listener.waits?.(this.launcherTid));
    await this.#go();
    await this.tell((listener) => listener.runs?.());
  }

  protected async end(): Promise<void> {
    await this.#launcher.kill();
    await this.#parts.remove();
  }

  async #go(): Promise<void> {
    await this.#launcher.go();
    await this.#parts.afterBoot(this.launcherTid);
  }
}
