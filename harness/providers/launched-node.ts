// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { ExecOptions, ExecResult, RunningCommand, SpawnOptions } from '../core/command.ts';
import { HarnessError } from '../core/errors.ts';
import type { NodeSpec, NodeVantage, PreparedNode, RunningNode } from '../core/node.ts';
import { type AgentClient, agentClient } from './agent-client.ts';
import { downloadFile } from './download.ts';
import type { Session } from './session.ts';
import type { Launcher } from './launcher.ts';
import { resetNetwork } from './node-network.ts';

export interface NodeParts {
  readonly spec: NodeSpec;
  readonly session: Session;
  /** The node's own folder on the host. */
  readonly folder: string;
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
export class LaunchedNode implements PreparedNode, RunningNode {
  readonly name: string;
  readonly vantage: NodeVantage;
  readonly apiSocket: string;
  readonly limits: NonNullable<PreparedNode['limits']>;
  readonly pace = 1;
  readonly #parts: NodeParts;
  readonly #agent: AgentClient;
  readonly #listeners: ((launcherTid: number) => Promise<void>)[] = [];
  #launcher: Launcher;
  #gone: Promise<void> | undefined;

  constructor(parts: NodeParts, launcher: Launcher) {
    const { spec, session, folder, vantage } = parts;
    this.name = spec.name;
    this.vantage = vantage;
    this.apiSocket = join(folder, 'api.sock');
    this.limits = parts.limits;
    this.#parts = parts;
    this.#agent = agentClient({ socket: join(folder, 'exec.sock'), node: spec.name }, session.runner);
    this.#launcher = launcher;
  }

  get launcherTid(): number {
    return this.#launcher.identity.pid;
  }

  /** Writes the launcher down in the session's record. */
  async register(): Promise<void> {
    const { session, folder } = this.#parts;
    await session.addNode({
      name: this.name,
      launcher: this.#launcher.identity,
      execSocket: join(folder, 'exec.sock'),
      apiSocket: this.apiSocket,
    });
  }

  async boot(): Promise<RunningNode> {
    await this.#go();
    await this.#parts.afterFirstBoot();
    return this;
  }

  async exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult> {
    return await this.#agent.exec(argv, options);
  }

  spawn(argv: readonly string[], options?: Omit<SpawnOptions, 'netns'>): RunningCommand {
    return this.#agent.spawn(argv, options);
  }

  async upload(from: string, to: string): Promise<void> {
    await this.#agent.upload(from, to);
  }

  async download(from: string, to: string): Promise<void> {
    await downloadFile(this, from, to);
  }

  async writeFile(path: string, content: string, mode?: number): Promise<void> {
    await this.#agent.writeFile(path, content, mode);
  }

  onLauncher(listener: (launcherTid: number) => Promise<void>): void {
    this.#listeners.push(listener);
  }

  async reboot(): Promise<void> {
    if (this.#gone !== undefined) {
      throw new HarnessError(`node "${this.name}" cannot be rebooted: it has ended`, { code: 'harness' });
    }
    const { session, netns, spec } = this.#parts;
    await this.#launcher.kill();
    await this.#parts.beforeReboot();
    await resetNetwork(session.runner, netns, spec.link);
    this.#launcher = await this.#parts.startLauncher();
    await this.register();
    for (const listener of this.#listeners) await listener(this.launcherTid);
    await this.#go();
  }

  /** Ends the node at once and removes all that it had; its disk as well. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#parts.session.record.kept) return;
    this.#gone ??= this.#remove();
    await this.#gone;
  }

  async #go(): Promise<void> {
    await this.#launcher.go();
    await this.#parts.afterBoot(this.launcherTid);
  }

  async #remove(): Promise<void> {
    await this.#launcher.kill();
    await this.#parts.remove();
    await this.#parts.session.removeNode(this.name);
  }
}
