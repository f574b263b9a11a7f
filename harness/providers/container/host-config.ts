// SPDX-License-Identifier: Apache-2.0
import type Docker from 'dockerode';
import { pathAtEngine } from '../../core/far-engine.ts';
import type { NodeSpec } from '../../core/node.ts';
import { DISK_FOLDERS } from '../init-config.ts';
import { sessionLabels } from './labels.ts';
import { inContainer } from './places.ts';
import type { Ulimit } from './ulimits.ts';

export interface NodeHostConfigOptions {
  readonly spec: NodeSpec;
  readonly session: string;
  /** Path of airgap-node on this machine. */
  readonly agent: string;
  /** The node's own folder on this machine. */
  readonly folder: string;
  /** Rights as capabilities by name; null: all that the engine has, which it gives to a privileged container. */
  readonly capabilities: readonly string[] | null;
  readonly ulimits: readonly Ulimit[];
}

/**
 * What makes a container a node: every right that the engine has to give, kernel views unmasked (the agent mounts fresh ones),
 * its own namespaces, the limits, its disk in volumes.
 */
export function nodeHostConfig(options: NodeHostConfigOptions): HostConfig {
  const { spec, session, agent, folder, capabilities, ulimits } = options;
  return {
    ...(capabilities === null ? { Privileged: true } : { CapAdd: [...capabilities], CapDrop: ['ALL'] }),
    SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined', 'label=disable'],
    // The option systempaths=unconfined is the command line's; the interface takes the lists themselves.
    MaskedPaths: [],
    ReadonlyPaths: [],
    // Containers in the node are given devices by the node's own container runtime.
    DeviceCgroupRules: ['a *:* rwm'],
    CgroupnsMode: 'private',
    IpcMode: 'private',
    Memory: spec.memoryMiB * 1024 * 1024,
    MemorySwap: -1,
    PidsLimit: spec.pids,
    Ulimits: [...ulimits],
    LogConfig: { Type: 'none', Config: {} },
    Mounts: [
      bind(agent, inContainer.agent),
      { ...bind(folder, inContainer.socketDir), ReadOnly: false },
      ...spec.binds.map(({ from }, index) => bind(from, inContainer.bind(index))),
      ...DISK_FOLDERS.map((path) => ({
        Type: 'volume' as const,
        Source: '', // anonymous: removed with its container
        Target: path,
        VolumeOptions: {
          NoCopy: false,
          Labels: sessionLabels(session),
          DriverConfig: { Name: 'local', Options: {} },
        },
      })),
    ],
  };
}

/** Something of this machine in a container, read only. */
export function bind(path: string, target: string): Docker.MountConfig[number] {
  return { Type: 'bind', Source: pathAtEngine(path), Target: target, ReadOnly: true };
}

/** The interface has fields that its types leave out. */
interface HostConfig extends Docker.HostConfig {
  readonly MaskedPaths: string[];
  readonly ReadonlyPaths: string[];
  readonly CgroupnsMode: 'private';
}
