// SPDX-License-Identifier: Apache-2.0
import { Writable } from 'node:stream';
import { CoreV1Api, Exec, type V1Status } from '@kubernetes/client-node';
import type { Cluster } from '../core/cluster.ts';
import type { ExecResult } from '../core/command.ts';
import { HarnessError, reasonOf } from '../core/errors.ts';

export interface PodPlace {
  readonly namespace: string;
  readonly pod: string;
  /** @default the pod's first container */
  readonly container?: string;
}

export interface PodExecOptions {
  readonly signal: AbortSignal;
  /** Milliseconds. The program is left to itself then: Kubernetes has no way to end it. @default 30000 times the node's pace */
  readonly timeoutMs?: number;
}

/**
 * Runs a program in a container, through the API server, and waits for its end. A program that cannot be started (no
 * such file) is a result with exit code null and the runtime's words in `stderr`.
 * Throws HarnessError (harness) when the API server refuses or the connection ends before the program.
 */
export async function execInPod(
  cluster: Cluster,
  place: PodPlace,
  command: readonly string[],
  { signal, timeoutMs = 30_000 * cluster.node.pace }: PodExecOptions,
): Promise<ExecResult> {
  const stdout = collect();
  const stderr = collect();
  const stop = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const container = place.container ?? (await firstContainer(cluster, place));
  const done = Promise.withResolvers<V1Status | 'stopped'>();
  const told = `"${command.join(' ')}" in ${place.namespace}/${place.pod}`;
  const onStop = (): void => done.resolve('stopped');
  stop.addEventListener('abort', onStop, { once: true });
  if (stop.aborted) onStop();
  let connection: Connection | undefined;
  const run = async (): Promise<void> => {
    const exec = new Exec(cluster.config);
    const streams = [stdout.stream, stderr.stream, null, false] as const;
    const opened: Connection = await exec.exec(
      place.namespace,
      place.pod,
      container,
      [...command],
      ...streams,
      done.resolve,
    );
    connection = opened;
    opened.addEventListener('close', () =>
      done.reject(new Error('the connection ended before the program did')),
    );
    if (stop.aborted) opened.terminate();
  };
  run().catch(done.reject);
  try {
    return resultOf(await done.promise, stdout.text(), stderr.text(), signal.aborted);
  } catch (error) {
    throw new HarnessError(`cannot run ${told}: ${refusal(error)}`, { code: 'harness', cause: error });
  } finally {
    stop.removeEventListener('abort', onStop);
    connection?.terminate();
  }
}

/** What the client needs of a web socket; the package gives no types for its own. */
interface Connection {
  addEventListener(type: 'close', listener: () => void): void;
  terminate(): void;
}

/** A refused upgrade is told by an error event, which is no Error. */
function refusal(error: unknown): string {
  if (error instanceof Error) return reasonOf(error);
  const told = error !== null && typeof error === 'object' && 'message' in error ? error.message : error;
  return String(told);
}

/** The kubelet's answer: Success; Failure by NonZeroExitCode, with the code as a cause; Failure to start, with a message. */
export function resultOf(
  status: V1Status | 'stopped',
  stdout: string,
  stderr: string,
  cancelled: boolean,
): ExecResult {
  const result = { signal: null, stdout, stderr, timedOut: false, cancelled: false };
  if (status === 'stopped') return { ...result, exitCode: null, timedOut: !cancelled, cancelled };
  if (status.status === 'Success') return { ...result, exitCode: 0 };
  const code = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  if (code !== undefined) return { ...result, exitCode: Number(code) };
  return { ...result, exitCode: null, stderr: `${stderr}${status.message ?? ''}` };
}

async function firstContainer(cluster: Cluster, { namespace, pod }: PodPlace): Promise<string> {
  const { spec } = await cluster.config.makeApiClient(CoreV1Api).readNamespacedPod({ namespace, name: pod });
  return spec?.containers[0]?.name ?? '';
}

function collect(): { readonly stream: Writable; text(): string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, next) {
      chunks.push(chunk);
      next();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}
