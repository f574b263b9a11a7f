// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandRunner, RunningCommand } from '../../core/command.ts';
import { HarnessError } from '../../core/errors.ts';
import { identify, type ProcessIdentity } from '../processes.ts';
import { MACHINE_FILES, qemuCommand, type MachineSpec } from './qemu.ts';
import { Qmp } from './qmp.ts';

export interface MachineOptions {
  readonly spec: MachineSpec;
  /** Folder with the machine's files; all of QEMU's sockets are made there. */
  readonly folder: string;
  /** Network namespace in which the tap is, as a path. */
  readonly netns: string;
  /** As for qemuCommand. */
  readonly incoming: string | null;
  /** For messages. */
  readonly node: string;
}

/** A virtual machine that is switched on: one QEMU. */
export class Machine implements AsyncDisposable {
  readonly identity: ProcessIdentity;
  readonly qmp: Qmp;
  /** Aborted when QEMU has ended, for whatever reason. */
  readonly ended: AbortSignal;
  readonly #command: RunningCommand;

  private constructor(command: RunningCommand, identity: ProcessIdentity, qmp: Qmp, ended: AbortSignal) {
    this.#command = command;
    this.identity = identity;
    this.qmp = qmp;
    this.ended = ended;
  }

  /** Starts QEMU. Throws HarnessError (harness) with what it says when it does not start. */
  static async start(runner: CommandRunner, options: MachineOptions): Promise<Machine> {
    const { spec, folder, netns, incoming, node } = options;
    // In a session of its own: the Ctrl-C of a terminal is for the harness, which then ends the node in order.
    const argv = ['setsid', '--', ...qemuCommand(spec, incoming)];
    const command = runner.spawn(argv, { netns, cwd: folder });
    const ended = new AbortController();
    let said = '';
    command.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
    command.stdout.resume();
    void command.ended.then(() => ended.abort());
    const identity = command.pid === undefined ? null : await identify(command.pid);
    try {
      const qmp = await Qmp.open(join(folder, MACHINE_FILES.qmp), node);
      if (identity === null) throw new Error('unreachable: it answers');
      command.unref?.(); // a node that is kept outlives the harness
      return new Machine(command, identity, qmp, ended.signal);
    } catch (error) {
      command.kill('SIGKILL');
      throw new HarnessError(
        `the virtual machine of node "${node}" did not start: ${said.trim() || 'QEMU said nothing'}`,
        {
          code: 'harness',
          hint: 'run: npm run setup -- --provider vm',
          cause: error,
        },
      );
    }
  }

  /**
   * Waits until a saved machine's memory is in place, and lets it run: it was saved while it was stopped.
   * Throws HarnessError (harness) with the console's end.
   */
  async runs(folder: string, node: string): Promise<void> {
    for (;;) {
      const state = await this.qmp.execute('query-status');
      if (hasStatus(state, 'running')) return;
      if (hasStatus(state, 'paused')) await this.qmp.execute('cont');
      else if (this.ended.aborted || !hasStatus(state, 'inmigrate')) {
        const log = await readFile(join(folder, MACHINE_FILES.console), 'utf8').catch(() => '');
        throw new HarnessError(
          `the saved machine of node "${node}" does not run: ${JSON.stringify(state)} ${log.slice(-500)}`,
          {
            code: 'harness',
          },
        );
      }
      await sleep(50);
    }
  }

  /** Cuts the power: nothing in the guest is told. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.qmp[Symbol.dispose]();
    this.#command.kill('SIGKILL');
    while (!this.ended.aborted) await sleep(5); // not by its promise alone: nothing else may keep this process alive
  }
}

function hasStatus(state: unknown, wanted: string): boolean {
  return typeof state === 'object' && state !== null && 'status' in state && state.status === wanted;
}
