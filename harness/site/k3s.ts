// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CoreV1Api } from '@kubernetes/client-node';
import { HarnessError, reasonOf } from '../core/errors.ts';
import type { LinkPlan, RunningNode } from '../core/node.ts';
import { type DropIn, dropIns } from './drop-ins.ts';
import { SocketKubeConfig } from './socket-kube-config.ts';

export interface K3sOptions {
  /** Path of the executable inside the node. */
  readonly binary: string;
  /** The bundle's own files on this machine: copied as they are. */
  readonly config: string | null;
  readonly registries: string | null;
  readonly link: LinkPlan;
  /** Where K3s's log is kept up to date on this machine. */
  readonly logFile: string;
  readonly signal: AbortSignal;
  /** @default 180000 */
  readonly deadlineMs?: number;
}

export interface K3s {
  readonly config: SocketKubeConfig;
  /** What the harness added beside the bundle's files. */
  readonly added: readonly DropIn[];
  /** From the start of `k3s server` to a Ready node. */
  readonly readyAfterMs: number;
}

const KUBECONFIG = '/etc/rancher/k3s/k3s.yaml';
const LOG = '/var/log/k3s.log';
const PID = '/run/airgap/k3s.pid';
const POLL_MS = 50;

/**
 * Starts `k3s server` as a service manager does, with a life of its own, and waits until the node is Ready.
 * Throws HarnessError: `bundle`, with the end of K3s's log, when K3s itself ends or the node does not become Ready;
 * `interrupted` on abort.
 */
export async function startK3s(node: RunningNode, options: K3sOptions): Promise<K3s> {
  const { binary, link, logFile, signal, deadlineMs = 180_000 } = options;
  for (const [from, to] of [
    [options.config, '/etc/rancher/k3s/config.yaml'],
    [options.registries, '/etc/rancher/k3s/registries.yaml'],
  ] as const) {
    if (from !== null) await node.writeFile(to, await readFile(from, 'utf8'), 0o600);
  }
  const added = dropIns(link, node.name, await readLimits(node));
  for (const { path, content } of added) await node.writeFile(path, content, 0o600);

  const began = performance.now();
  const until = began + deadlineMs;
  const start = `echo $$ >${PID}; exec "$1" server >>${LOG} 2>&1 </dev/null`;
  const started = await node.exec(['setsid', '--fork', 'sh', '-c', start, 'sh', binary]);
  if (started.exitCode !== 0) {
    throw new HarnessError(`k3s server could not be started: ${started.stderr.trim()}`, { code: 'harness' });
  }
  const failed = async (why: string): Promise<HarnessError> => {
    await saveLog(node, logFile);
    const tail = (await readFile(logFile, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-15);
    return new HarnessError(`${why}; the end of its log:\n    ${tail.join('\n    ')}`, {
      code: 'bundle',
      hint: `read ${logFile}`,
    });
  };
  let config: SocketKubeConfig | undefined;
  for (;;) {
    if (signal.aborted) throw new HarnessError('interrupted', { code: 'interrupted' });
    if (config === undefined) {
      const { exitCode, stdout } = await node.exec([
        'sh',
        '-c',
        `cat ${KUBECONFIG} 2>/dev/null || kill -0 $(cat ${PID}) || exit 9`,
      ]);
      if (exitCode === 9) throw await failed('k3s server ended before it was ready');
      if (exitCode === 0 && stdout !== '') config = new SocketKubeConfig(stdout, node.apiSocket);
    } else if (await isReady(config, node.name)) break;
    else if ((await node.exec(['sh', '-c', `kill -0 $(cat ${PID})`])).exitCode !== 0) {
      throw await failed('k3s server ended before the node was Ready');
    }
    if (performance.now() > until) throw await failed(`the node was not Ready after ${deadlineMs / 1000} s`);
    await sleep(POLL_MS);
  }
  const readyAfterMs = performance.now() - began;
  await saveLog(node, logFile);
  return { config, added, readyAfterMs };
}

/** Copies K3s's log out of the node. */
export async function saveLog(node: RunningNode, logFile: string): Promise<void> {
  const { stdout } = await node.exec(['cat', LOG]);
  await writeFile(logFile, stdout);
}

async function isReady(config: SocketKubeConfig, name: string): Promise<boolean> {
  try {
    const node = await config.makeApiClient(CoreV1Api).readNode({ name });
    return (
      node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
    );
  } catch {
    return false; // the API server is still starting: the deadline tells
  }
}

async function readLimits(node: RunningNode): Promise<{ cgroupV1: boolean; sysResource: boolean }> {
  const CAP_SYS_RESOURCE = 24n;
  const { stdout } = await node.exec([
    'sh',
    '-c',
    'grep CapEff /proc/self/status; stat -fc %T /sys/fs/cgroup',
  ]);
  const [, capabilities, kind] = /CapEff:\s*([0-9a-f]+)\s+(\S+)/.exec(stdout) ?? [];
  if (capabilities === undefined) {
    throw new HarnessError(`the node does not tell its capabilities: ${reasonOf(stdout)}`, {
      code: 'harness',
    });
  }
  return {
    cgroupV1: kind !== 'cgroup2fs',
    sysResource: (BigInt(`0x${capabilities}`) & (1n << CAP_SYS_RESOURCE)) !== 0n,
  };
}
