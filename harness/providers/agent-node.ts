// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { ExecOptions, ExecResult, RunningCommand, SpawnOptions } from '../core/command.ts';
import { HarnessError } from '../core/errors.ts';
import type { NodeSpec, RebootListener } from '../core/node.ts';
import { type AgentClient, agentClient } from './agent-client.ts';
import { downloadFile } from './download.ts';
import type { Session } from './session.ts';

export interface AgentNodeParts {
  readonly spec: NodeSpec;
  readonly session: Session;
  /** The node's own folder on the host: the sockets of its agent are there. */
  readonly folder: string;
}

/** What every node is: its agent runs programs in it, it is rebooted while others listen, and it ends once. */
export abstract class AgentNode implements AsyncDisposable {
  readonly name: string;
  readonly apiSocket: string;
  readonly #session: Session;
  readonly #execSocket: string;
  readonly #agent: AgentClient;
  readonly #listeners: RebootListener[] = [];
  #gone: Promise<void> | undefined;

  protected constructor({ spec, session, folder }: AgentNodeParts) {
    this.name = spec.name;
    this.apiSocket = join(folder, 'api.sock');
    this.#execSocket = join(folder, 'exec.sock');
    this.#session = session;
    this.#agent = agentClient({ socket: this.#execSocket, node: spec.name }, session.runner);
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

  onReboot(listener: RebootListener): void {
    this.#listeners.push(listener);
  }

  /** Ends the node at once and removes all that it had; its disk as well. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#session.record.kept) return;
    this.#gone ??= this.end().then(async () => await this.#session.removeNode(this.name));
    await this.#gone;
  }

  /** Ends it and removes what it had; the session's record is seen to. Called once. */
  protected abstract end(): Promise<void>;

  /** Throws HarnessError (harness) when there is nothing left to reboot. */
  protected needRunning(): void {
    if (this.#gone === undefined) return;
    throw new HarnessError(`node "${this.name}" cannot be rebooted: it has ended`, { code: 'harness' });
  }

  /** Writes down in the session's record which process the node is. */
  protected async record(launcher: Parameters<Session['addNode']>[0]['launcher']): Promise<void> {
    const { name, apiSocket } = this;
    await this.#session.addNode({ name, launcher, execSocket: this.#execSocket, apiSocket });
  }

  /** Tells who listens, one after the other. */
  protected async tell(part: (listener: RebootListener) => Promise<void> | undefined): Promise<void> {
    for (const listener of this.#listeners) await part(listener);
  }
}
