// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CoreV1Api } from '@kubernetes/client-node';
import { HarnessError, reasonOf } from '../core/errors.ts';
import { K3S } from '../core/k3s-paths.ts';
import type { LinkPlan, RunningNode } from '../core/node.ts';
import { type DropIn, dropIns } from './drop-ins.ts';
import { saveLog } from './k3s-log.ts';
import { launchedK3s, launchK3s, watchProcess } from './k3s-process.ts';
import { installK3s, isRunBySystemd, UNIT_DROP_IN } from './k3s-unit.ts';
import { readLimits } from './node-limits.ts';
import { SocketKubeConfig } from './socket-kube-config.ts';

export interface K3sOptions {
  /** Path of the executable inside the node. */
  readonly binary: string;
  /** The bundle's own files on this machine: copied as they are. */
  readonly config: string | null;
  readonly registries: string | null;
  /** Path of an install script on this machine, for nodes that systemd runs; null: K3s is started as it is. @default null */
  readonly installer?: string | null;
  readonly link: LinkPlan;
  /** Further files for the node, laid there before K3s starts. @default none */
  readonly files?: readonly DropIn[];
  /** Where K3s's log is saved on this machine, when the node is Ready or does not become so. */
  readonly logFile: string;
  readonly signal: AbortSignal;
  /** @default 180000 times the node's pace */
  readonly deadlineMs?: number;
  /** It was started with exactly these options before, and goes on (PreparedNode.serviceRuns). @default false */
  readonly isRunning?: boolean;
  /** What the node said of itself up to then does not count; milliseconds of its own clock. @default 0 */
  readonly since?: number;
  /** Whose fault it is when K3s does not come up. @default 'bundle' */
  readonly blame?: 'bundle' | 'harness';
}

export interface K3s {
  readonly config: SocketKubeConfig;
  /** What the harness added beside the bundle's files. */
  readonly added: readonly DropIn[];
  /** From the start of `k3s server` to a Ready node. */
  readonly readyAfterMs: number;
}

const POLL_MS = 50;
const LOG_LINES = 15;

/**
 * Starts `k3s server` as a service manager does, with a life of its own, and waits until the node is Ready.
 * Throws HarnessError: `options.blame`, with the end of K3s's log, when K3s itself ends or the node does not become
 * Ready; `interrupted` on abort.
 */
export async function startK3s(node: RunningNode, options: K3sOptions): Promise<K3s> {
  const { signal, deadlineMs = 180_000 * node.pace, isRunning = false, since = 0 } = options;
  const unit = (options.installer ?? null) !== null && (await isRunBySystemd(node)) ? [UNIT_DROP_IN] : [];
  const files = isRunning ? await planDropIns(node, options) : await placeFiles(node, options);
  const added = [...files, ...unit];
  const began = performance.now();
  const pid = isRunning ? await launchedK3s(node) : await launch(node, options);
  await using k3s = watchProcess(node, pid);
  const deadline = AbortSignal.timeout(deadlineMs);
  const stop = AbortSignal.any([signal, deadline, k3s.ended]);
  const config = await readKubeconfig(node, stop);
  const ready = config !== null && (await becomesReady(config, node, { since, stop }));
  if (signal.aborted) throw new HarnessError('interrupted', { code: 'interrupted' });
  if (!ready) {
    throw await notReady(
      node,
      options,
      k3s.ended.aborted
        ? (last) => `k3s server ended before the node was Ready: ${last}`
        : () => `the node was not Ready after ${deadlineMs / 1000} s`,
    );
  }
  const readyAfterMs = performance.now() - began;
  await saveLog(node, options.logFile);
  return { config, added, readyAfterMs };
}

async function launch(node: RunningNode, options: K3sOptions): Promise<number> {
  const { binary, installer = null, blame = 'bundle' } = options;
  if (installer === null || !(await isRunBySystemd(node))) return await launchK3s(node, binary);
  return await installK3s(node, { binary, installer, blame });
}

async function placeFiles(node: RunningNode, options: K3sOptions): Promise<readonly DropIn[]> {
  const { config, registries } = options;
  for (const [from, to] of [
    [config, K3S.config],
    [registries, K3S.registries],
  ] as const) {
    if (from !== null) await node.writeFile(to, await readFile(from, 'utf8'), 0o600);
  }
  const added = await planDropIns(node, options);
  for (const { path, content } of added)
    await node.writeFile(path, content, path.endsWith('.crt') ? 0o644 : 0o600);
  return added;
}

async function planDropIns(node: RunningNode, { link, files = [] }: K3sOptions): Promise<readonly DropIn[]> {
  return [...dropIns(link, node.name, await readLimits(node)), ...files];
}

/** Null when `stop` comes first. A kubeconfig that is half written parses to nothing usable, and is read again. */
async function readKubeconfig(node: RunningNode, stop: AbortSignal): Promise<SocketKubeConfig | null> {
  // Each look is a process: where that takes long, what is waited for takes as much longer.
  const wait = `until [ -s ${K3S.kubeconfig} ]; do sleep ${0.02 * node.pace ** 2}; done; cat ${K3S.kubeconfig}`;
  while (!stop.aborted) {
    const { exitCode, stdout } = await node.exec(['sh', '-c', wait], { signal: stop });
    if (exitCode !== 0) continue;
    try {
      const config = new SocketKubeConfig(stdout, node.apiSocket, {
        pace: node.pace,
        clock: node.vantage.clock,
      });
      if (config.getCurrentCluster() !== null && config.getCurrentUser() !== null) return config;
    } catch {
      // half written
    }
    await pause(stop, node.pace);
  }
  return null;
}

async function becomesReady(
  config: SocketKubeConfig,
  { name, pace }: RunningNode,
  { since, stop }: { readonly since: number; readonly stop: AbortSignal },
): Promise<boolean> {
  const api = config.makeApiClient(CoreV1Api);
  while (!stop.aborted) {
    const node = await api.readNode({ name }).catch(() => null); // the API server is still starting: the deadline tells
    const conditions = node?.status?.conditions ?? [];
    const ready = conditions.find(({ type, status }) => type === 'Ready' && status === 'True');
    if (ready !== undefined && (ready.lastHeartbeatTime?.getTime() ?? Infinity) > since) return true;
    await pause(stop, pace);
  }
  return false;
}

async function pause(stop: AbortSignal, pace: number): Promise<void> {
  await sleep(POLL_MS * pace, undefined, { signal: stop }).catch(() => {});
}

async function notReady(
  node: RunningNode,
  { logFile, blame = 'bundle' }: K3sOptions,
  why: (lastWords: string) => string,
): Promise<HarnessError> {
  const log = await saveLog(node, logFile).catch(reasonOf);
  const tail = log.trimEnd().split('\n').slice(-LOG_LINES);
  return new HarnessError(
    `${why(messageOf(tail.at(-1) ?? ''))}; the end of its log:\n    ${tail.join('\n    ')}`,
    {
      code: blame,
      hint: `read ${logFile}`,
    },
  );
}

/** What a line of K3s's log says: its `msg`, where it has one (logfmt). */
function messageOf(line: string): string {
  const quoted = / msg=("(?:[^"\\]|\\.)*")/.exec(line)?.[1];
  return quoted === undefined ? line : quoted.slice(1, -1).replaceAll('\\"', '"');
}
