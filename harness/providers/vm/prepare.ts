// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Assets, vmOf } from '../../core/assets.ts';
import { HarnessError } from '../../core/errors.ts';
import { configureNamespace, netnsPath } from '../../core/namespace.ts';
import type { LinkPlan, NodeService, NodeSpec, PreparedNode } from '../../core/node.ts';
import { runOrThrow } from '../../core/runner.ts';
import { planSinkSide } from '../node-network.ts';
import type { Session } from '../session.ts';
import { type AcceleratorChoice, chooseAccelerator } from './accelerator.ts';
import { makeKeys } from './keys.ts';
import { Machine } from './machine.ts';
import { type MachineBase, machineBase } from './machine-base.ts';
import { makeOverlay } from './overlay.ts';
import { makePartsDisk } from './parts-disk.ts';
import { DEFAULT_CPUS, LINK, MACHINE_FILES } from './qemu.ts';
import { savedKey } from './saved-key.ts';
import { savedRoot } from './saved-root.ts';
import {
  cloneSaved,
  findSaved,
  type MachineIdentity,
  type SavedMachine,
  saveMachine,
} from './saved-machine.ts';
import { VmNode } from './vm-node.ts';

export interface VmOptions {
  /** Processors of the guest. @default 2 */
  readonly cpus?: number;
}

/** Measured: Kubernetes is Ready after 24 times as long (2 processors), single programs run 5 to 10 times as long. */
const EMULATED_PACE = 10;
/** A distribution's boot loader, kernel and initial RAM disk, by emulation: a minute and more before systemd begins, beside other work. */
const OWN_START_MS = 480_000;
/** Of the sink's end; a saved guest remembers it. Locally administered. */
const TAP_ADDRESS = '02:61:67:00:00:02';

type VmAssets = Pick<Assets, 'agent' | 'nodeImage' | 'vm'>;

interface Making {
  readonly session: Session;
  readonly spec: NodeSpec;
  readonly agent: string;
  readonly base: MachineBase;
  readonly options: VmOptions;
  readonly choice: AcceleratorChoice;
}

/**
 * Makes a node that is a virtual machine, with its link in the session's sink (`<label>-sink`, made by the gap), up to where
 * its kernel can be watched and nothing of the node goes on yet. With a service in the spec, the machine on which it runs is
 * saved once for each content key, and every node goes on from there. Disposing ends it, booted or not.
 * Throws HarnessError; what was made until then is removed.
 */
export async function prepareVmNode(
  session: Session,
  spec: NodeSpec,
  assets: VmAssets,
  options: VmOptions = {},
): Promise<VmNode> {
  const vm = vmOf(assets);
  const base = await machineBase(spec, { ...assets, vm });
  const choice = await chooseAccelerator(session.runner, vm);
  const making: Making = { session, spec, agent: assets.agent, base, options, choice };
  const saved =
    spec.service === undefined ? null : await savedMachine(making, spec.service, await savedRoot(vm.saved));
  return await makeNode(making, saved);
}

/** The machine on which the service runs, from the store, else started now and saved. */
async function savedMachine(making: Making, service: NodeService, root: string): Promise<SavedMachine> {
  const { session } = making;
  const key = await savedKey({ ...making, service });
  const known = await findSaved(root, key);
  if (known !== null) return known;
  const identity = newIdentity();
  {
    await using node = await makeNode(making, null, identity);
    await service.start(await node.boot());
    const folder = join(session.folder, node.name);
    await saveMachine(session.runner, await node.freeze(), { root, key, folder, identity });
  }
  const made = await findSaved(root, key);
  if (made !== null) return made;
  throw new HarnessError(`the machine that was just saved is not in ${root}`, { code: 'harness' });
}

async function makeNode(
  making: Making,
  saved: SavedMachine | null,
  identity: MachineIdentity = saved?.identity ?? newIdentity(),
): Promise<VmNode> {
  const { session, spec, agent, base, options, choice } = making;
  const { runner, label } = session;
  const folder = join(session.folder, spec.name);
  const sink = `${label}-sink`;
  const { clockAheadMs = 0 } = spec;
  await using undo = new AsyncDisposableStack();
  const remove = async (): Promise<void> => {
    // Fails when it was not made, or has gone with the namespace.
    await runner.run(['ip', '-netns', sink, 'link', 'delete', spec.link.sinkInterface]);
  };
  undo.defer(remove);
  await mkdir(folder, { mode: 0o700 });
  await makeTap(session, sink, spec.link);
  let incoming = saved === null ? null : await cloneSaved(runner, saved, folder);
  if (saved === null) {
    const image = join(folder, MACHINE_FILES.parts);
    await makePartsDisk(runner, { spec, agent, keys: identity.keys, folder, image });
    const disk = join(folder, MACHINE_FILES.disk);
    await makeOverlay(runner, { base: base.disk, format: 'qcow2', disk, mib: spec.diskMiB });
  }
  const start = async (): Promise<Machine> => {
    const machine = await Machine.start(runner, {
      spec: {
        name: `${label}-${spec.name}`,
        boot: base.boot,
        accelerator: choice.accelerator,
        cpus: options.cpus ?? DEFAULT_CPUS,
        memoryMiB: spec.memoryMiB,
        tap: spec.link.sinkInterface,
        machineId: identity.machineId,
        startTime: clockAheadMs === 0 ? null : new Date(Date.now() + clockAheadMs).toISOString().slice(0, 19),
      },
      folder,
      netns: netnsPath(sink),
      incoming,
      node: spec.name,
    });
    try {
      if (incoming !== null) await machine.runs(folder, spec.name);
      // A system of somebody else's may use its link before the gate holds it: no frame passes until the node is booted.
      else if (base.boot === null) await machine.qmp.execute('set_link', { name: LINK, up: false });
      incoming = null; // from then on the disk is what counts
      return machine;
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
  };
  const node = new VmNode({
    spec,
    session,
    folder,
    keys: identity.keys,
    limits: limitsOf(making, saved),
    pace: choice.accelerator === 'kvm' ? 1 : EMULATED_PACE,
    startLimitMs: base.boot === null ? OWN_START_MS : undefined,
    fromSaved: saved !== null,
    remove,
    start,
  });
  undo.defer(async () => await node[Symbol.asyncDispose]());
  await node.prepare();
  undo.move();
  return node;
}

function newIdentity(): MachineIdentity {
  return { machineId: randomBytes(16).toString('hex'), keys: makeKeys() };
}

function limitsOf(
  { spec, base, choice }: Making,
  saved: SavedMachine | null,
): NonNullable<PreparedNode['limits']> {
  return [
    ...(choice.accelerator === 'kvm'
      ? []
      : [
          {
            id: 'vm-emulated',
            message: `the processor of node "${spec.name}" is emulated: ${choice.reason}`,
          },
        ]),
    ...(base.boot !== null
      ? []
      : [
          {
            id: 'cloud-init-before',
            message:
              `the image of node "${spec.name}" had its start with cloud-init before this run, without a network card, and never ` +
              'again: what it asks of a cloud then was not watched',
          },
        ]),
    ...(saved === null
      ? []
      : [
          {
            id: 'service-started-before',
            message:
              `Kubernetes on node "${spec.name}" was started and became Ready before this run, and the machine saved: ` +
              'what it tried to reach until then was not watched; from there on everything was',
          },
        ]),
  ];
}

async function makeTap({ runner }: Session, sink: string, link: LinkPlan): Promise<void> {
  const ip = ['ip', '-netns', sink];
  await runOrThrow(runner, [...ip, 'tuntap', 'add', 'dev', link.sinkInterface, 'mode', 'tap']);
  await runOrThrow(runner, [...ip, 'link', 'set', 'dev', link.sinkInterface, 'address', TAP_ADDRESS]);
  await configureNamespace(runner, sink, planSinkSide(link));
}
