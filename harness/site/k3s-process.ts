// SPDX-License-Identifier: Apache-2.0
import { HarnessError } from '../core/errors.ts';
import { K3S } from '../core/k3s-paths.ts';
import { PROXY_FILES, withProxyOf } from '../core/proxy.ts';
import type { RunningNode } from '../core/node.ts';
import { isRunBySystemd, unitPid } from './k3s-unit.ts';

const PID_FILE = '/run/airgap/k3s.pid';

/** A session of its own, as under a service manager: K3s outlives who started it. The pid is there when this ends. */
const LAUNCH = `rm -f ${PID_FILE}
setsid sh -c 'echo $$ >${PID_FILE}.new; mv ${PID_FILE}.new ${PID_FILE}; exec "$@" >>${K3S.log} 2>&1 </dev/null' sh "$@" &
until [ -s ${PID_FILE} ]; do sleep 0.01; done
cat ${PID_FILE}`;

const WAIT_FOR_END = 'while kill -0 "$1" 2>/dev/null; do sleep "$2"; done';
const LOOK_SECONDS = 0.2;

/** Starts `k3s server`, by the proxy that K3s's unit would give it; its output goes to K3s's log in the node. Returns its pid there. Throws HarnessError (harness). */
export async function launchK3s(node: RunningNode, binary: string): Promise<number> {
  return await tellPid(node, ['sh', '-c', LAUNCH, 'sh', ...withProxyOf(PROXY_FILES.k3s, [binary, 'server'])]);
}

/** The pid of the K3s that was started before, by `launchK3s` or by systemd. Throws HarnessError (harness). */
export async function launchedK3s(node: RunningNode): Promise<number> {
  return (await isRunBySystemd(node)) ? await unitPid(node) : await tellPid(node, ['cat', PID_FILE]);
}

async function tellPid(node: RunningNode, argv: readonly string[]): Promise<number> {
  const { exitCode, stdout, stderr } = await node.exec(argv, { timeoutMs: 10_000 * node.pace });
  const pid = Number(stdout);
  if (exitCode === 0 && pid > 0) return pid;
  throw new HarnessError(`k3s server could not be started in the node: ${stderr.trim()}`, {
    code: 'harness',
  });
}

/** Tells by `ended` when a process of the node is gone. Disposing stops watching; the process goes on. */
export function watchProcess(
  node: RunningNode,
  pid: number,
): AsyncDisposable & { readonly ended: AbortSignal } {
  const ended = new AbortController();
  const watcher = node.spawn(['sh', '-c', WAIT_FOR_END, 'sh', String(pid), String(LOOK_SECONDS * node.pace)]);
  const tell = async (): Promise<void> => {
    const { exitCode } = await watcher.ended;
    if (exitCode === 0) ended.abort();
  };
  void tell();
  return { ended: ended.signal, [Symbol.asyncDispose]: async () => await watcher[Symbol.asyncDispose]() };
}
