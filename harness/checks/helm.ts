// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { HELM } from '../core/chart.ts';
import { PROXY_FILES, withProxyOf } from '../core/proxy.ts';
import type { RunningNode } from '../core/node.ts';
import { K3S } from '../core/k3s-paths.ts';

/** What is kept of each of helm's streams; a test's logs may be long. */
const MAX_OUTPUT = 2 ** 20;
/** Time for helm to write down that the release failed after it was interrupted. */
const GRACE_MS = 10_000;

const ENVIRONMENT = {
  KUBECONFIG: K3S.kubeconfig,
  HOME: '/root',
  HELM_CACHE_HOME: '/var/lib/airgap-helm/cache',
  HELM_CONFIG_HOME: '/var/lib/airgap-helm/config',
  HELM_DATA_HOME: '/var/lib/airgap-helm/data',
} as const;

export interface HelmRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it was interrupted; null when it ended by itself. */
  readonly interrupted: string | null;
  readonly seconds: number;
}

export interface HelmOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** When it resolves, helm is interrupted, with what it says as the reason. @default never */
  readonly interrupt?: Promise<string>;
}

/** Runs helm inside the node, as who logs in there does, so that what it reaches for is seen as helm's. Throws when the run of the harness is aborted. */
export async function runHelm(
  node: RunningNode,
  args: readonly string[],
  { signal, timeoutMs, interrupt }: HelmOptions,
): Promise<HelmRun> {
  const started = performance.now();
  signal.throwIfAborted();
  await using program = node.spawn(withProxyOf(PROXY_FILES.login, [HELM.binary, ...args]), {
    env: ENVIRONMENT,
  });
  program.stdin.end();
  const output = Promise.all([collect(program.stdout), collect(program.stderr)]);
  const over = new AbortController();
  const anyEnd = AbortSignal.any([signal, over.signal]);
  const reasons = [
    sleep(timeoutMs, `helm was not done after ${timeoutMs / 1000} s`, { signal: anyEnd }),
    ...(interrupt === undefined ? [] : [interrupt]),
  ];
  const interrupted = await Promise.race([program.ended.then(() => null), ...reasons]).finally(() =>
    over.abort(),
  );
  if (interrupted !== null) {
    program.kill('SIGINT');
    await Promise.race([program.ended, sleep(GRACE_MS, undefined, { signal })]);
    program.kill('SIGKILL');
  }
  const { exitCode } = await program.ended;
  const [stdout, stderr] = await output;
  return { exitCode, stdout, stderr, interrupted, seconds: (performance.now() - started) / 1000 };
}

/** helm's command and all that it said, for the evidence. */
export function transcript(
  args: readonly string[],
  { stdout, stderr, exitCode, interrupted }: HelmRun,
): string {
  const end = interrupted === null ? '' : `interrupted by the harness: ${interrupted}\n`;
  return `$ helm ${args.join(' ')}\n${stdout}${stderr}${end}exit code ${exitCode ?? 'none'}\n`;
}

/**
 * helm's own reason: the last line that begins with `Error:` and what follows, else the last line at all; before it which repository could not be
 * reached, which helm's error leaves out.
 */
export function reasonOfHelm({ stdout, stderr }: Pick<HelmRun, 'stdout' | 'stderr'>): string {
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  const at = lines.findLastIndex((line) => line.startsWith('Error:'));
  const unreached = lines.flatMap((line, index) =>
    /^\W*Unable to get an update from/i.test(line) ? [line, `${lines[index + 1] ?? ''};`] : [],
  );
  const said = [...unreached, ...(at === -1 ? lines.slice(-1) : lines.slice(at))];
  return (
    said
      .join(' ')
      .replace(/^Error:\s*|^\W+(?=Unable)/, '')
      .replaceAll(/\s+/g, ' ')
      .trim() || 'it said nothing'
  );
}

async function collect(stream: Readable): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (size < MAX_OUTPUT) parts.push(chunk);
    size += chunk.length;
  }
  const text = Buffer.concat(parts).toString();
  return size > MAX_OUTPUT ? `${text.slice(0, MAX_OUTPUT)}\n(and more: ${size} bytes in all)\n` : text;
}
