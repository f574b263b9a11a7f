// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HarnessError } from '../../core/errors.ts';
import type { NodeVantage, PreparedNode, RunningNode } from '../../core/node.ts';
import { runOrThrow } from '../../core/runner.ts';
import { type AgentClient, agentClient } from '../agent-client.ts';
import { AgentNode, type AgentNodeParts } from '../agent-node.ts';
import { removeFolder } from '../destroy.ts';
import { DISK_FOLDERS } from '../init-config.ts';
import { GuestClock } from './guest-clock.ts';
import type { Machine } from './machine.ts';
import { rememberKeys } from './kept-machine.ts';
import { GUEST_FOLDER, Management } from './management.ts';
import type { ManagementKeys } from './keys.ts';
import { LINK, MACHINE_FILES } from './qemu.ts';

/** Sockets of the guest, and the names under which they are in the node's folder. */
const SOCKETS = ['exec.sock', 'api.sock', 'manage.sock'] as const;
const AGENT = `${GUEST_FOLDER}/airgap-node`;

const OPEN_GATE = `mkdir -p ${DISK_FOLDERS.join(' ')}
[ ! -p ${GUEST_FOLDER}/gate ] || echo go >${GUEST_FOLDER}/gate
until [ -S ${GUEST_FOLDER}/exec.sock ]; do sleep 0.05; done`;

/** Everything but what the harness runs beside the node, and PID 1. A cgroup that goes meanwhile is no trouble. */
const EACH_CGROUP = `cd /sys/fs/cgroup
for group in */; do
  case $group in airgap.slice/ | init.scope/) continue ;; esac
  [ ! -e $group/cgroup.freeze ] || echo "$1" >$group/cgroup.freeze
done`;

/** Time for the guest to see that the host has hung up, and to wait for the next call. */
const HANG_UP_MS = 3000;

export interface VmNodeParts extends AgentNodeParts {
  readonly keys: ManagementKeys;
  readonly limits: NonNullable<PreparedNode['limits']>;
  /** As in RunningNode. */
  readonly pace: number;
  /** Switches the machine on, with the disk as it is; the first time it may go on where a saved one stood. */
  start(): Promise<Machine>;
  /** True when the first start goes on where a saved machine stood, frozen. */
  readonly fromSaved: boolean;
  /** Milliseconds that it may take to start. @default as in ManagementOptions */
  readonly startLimitMs?: number | undefined;
  /** Removes what belongs to the node outside its folder. */
  remove(): Promise<void>;
}

/** A node that is a virtual machine, from its waiting at the gate on. */
export class VmNode extends AgentNode implements PreparedNode, RunningNode {
  readonly vantage: NodeVantage;
  /** The whole kernel is the node. */
  readonly launcherTid = null;
  readonly clock: GuestClock;
  readonly #parts: VmNodeParts;
  readonly #beside: AgentClient;
  readonly #management: Management;
  readonly #limits: NonNullable<PreparedNode['limits']>[number][] = [];
  #machine: Machine | null = null;
  #isFrozen: boolean;

  constructor(parts: VmNodeParts) {
    super(parts);
    const { spec, folder, keys, session, startLimitMs } = parts;
    this.clock = new GuestClock(spec.name);
    this.#parts = parts;
    this.#isFrozen = parts.fromSaved;
    this.#limits.push(...parts.limits);
    const beside = agentClient({ socket: join(folder, 'manage.sock'), node: spec.name }, session.runner);
    this.#beside = beside;
    this.#management = new Management({
      port: join(folder, MACHINE_FILES.ssh),
      keys,
      node: spec.name,
      limitMs: startLimitMs,
    });
    this.vantage = {
      sees: new Set(['routes', 'tasks', 'frames', 'dns']),
      clock: this.clock,
      isLocal: false,
      netns: null,
      spawn: (argv, { netns = null, ...options } = {}) =>
        beside.spawn(netns === null ? argv : ['nsenter', `--net=${netns}`, '--', ...argv], options),
    };
  }

  get serviceRuns(): boolean {
    return this.#parts.fromSaved;
  }

  get pace(): number {
    return this.#parts.pace;
  }

  get limits(): NonNullable<PreparedNode['limits']> {
    return this.#limits;
  }

  /** Switches the machine on and waits until it can be watched; nothing of the node goes on yet. Throws HarnessError. */
  async prepare(): Promise<void> {
    const { folder, keys } = this.#parts;
    await rememberKeys(folder, keys);
    for (const name of SOCKETS) {
      await this.#management.forward(join(folder, name), `${GUEST_FOLDER}/${name}`);
    }
    await this.#switchOn();
    const about = 'uname -r; cat /etc/machine-id /proc/sys/kernel/random/boot_id';
    const [kernel = '', machine = ''] = (await this.#ask(about)).split('\n');
    this.#limits.push({
      id: 'vm-kernel',
      message: `node "${this.name}" is a virtual machine: kernel ${kernel}, machine id ${machine}`,
    });
  }

  async boot(): Promise<RunningNode> {
    await this.#go();
    return this;
  }

  async reboot(): Promise<void> {
    this.needRunning();
    await this.tell((listener) => listener.stops?.());
    await this.#standStill();
    await this.tell((listener) => listener.ends?.());
    await this.#management.logout();
    await this.#machine?.[Symbol.asyncDispose]();
    await this.#switchOn();
    await this.tell((listener) => listener.waits?.(null));
    await this.#go();
    await this.tell((listener) => listener.runs?.());
  }

  /** Stops everything in the node where it is, logs out and gives the machine, to be saved. */
  async freeze(): Promise<Machine> {
    const machine = this.#machine;
    if (machine === null) throw new HarnessError(`node "${this.name}" is not on`, { code: 'harness' });
    await this.#ask('sync');
    await this.#standStill();
    await this.#management.logout();
    await sleep(HANG_UP_MS);
    return machine;
  }

  protected async end(): Promise<void> {
    const { session, folder } = this.#parts;
    await this.#management[Symbol.asyncDispose]();
    await this.#machine?.[Symbol.asyncDispose]();
    await this.#parts.remove();
    await removeFolder(folder, session.runner);
  }

  async #switchOn(): Promise<void> {
    const machine = await this.#parts.start();
    this.#machine = machine;
    await this.record(machine.identity);
    await this.#management.login(machine.ended);
    if (this.#isFrozen)
      await this.#ask('date -s "@$1"', String((Date.now() + (this.#parts.spec.clockAheadMs ?? 0)) / 1000));
    await this.clock.measure(this.#beside.spawn([AGENT, 'clock']));
  }

  async #go(): Promise<void> {
    await this.#machine?.qmp.execute('set_link', { name: LINK, up: true }); // no change where it was not held down
    if (this.#isFrozen) await this.#ask(EACH_CGROUP, '0');
    else await this.#ask(OPEN_GATE);
    this.#isFrozen = false;
  }

  /** Freezes all that is the node's: what runs beside it goes on. */
  async #standStill(): Promise<void> {
    await this.#ask(EACH_CGROUP, '1');
  }

  /** Runs a shell script beside the node. */
  async #ask(script: string, ...args: readonly string[]): Promise<string> {
    const client = this.#beside;
    return await runOrThrow(
      {
        run: async (argv, options) => await client.exec(argv, options),
        spawn: (argv, options) => client.spawn(argv, options),
      },
      ['sh', '-ec', script, 'sh', ...args],
    );
  }
}
