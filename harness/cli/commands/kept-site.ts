// SPDX-License-Identifier: Apache-2.0
import { HarnessError } from '../../core/errors.ts';
import { EXIT, type ExitCode } from '../../core/exit-codes.ts';
import type { ExecResult } from '../../core/command.ts';
import { type AgentTarget, agentClient } from '../../providers/agent-client.ts';
import { attachTerminal } from '../../providers/agent-terminal.ts';
import { reachKept } from '../../providers/kept-node.ts';
import { endSession, livingSessions } from '../../providers/sweep.ts';
import { terminalScreen } from '../screen.ts';

/** A root file system of the user's own may have no bash. */
const SHELL = ['sh', '-c', 'command -v bash >/dev/null && exec bash -l; exec sh -l'];
const K3S = '/usr/local/bin/k3s';

/** `airgap shell`: a shell inside the node; without a terminal it reads commands from standard input. */
export async function shellCommand(session: string | undefined): Promise<number> {
  await using target = await keptNode(session);
  const { stdin, stdout } = process;
  if (stdin.isTTY && stdout.isTTY)
    return await attachTerminal(target, SHELL, { input: stdin, output: stdout });
  return print(await agentClient(target).exec(SHELL, { stdin: await readAll(stdin) }));
}

/** `airgap kubectl -- ARGS`: inside the node, so that no network path is opened. */
export async function kubectlCommand(args: readonly string[], session: string | undefined): Promise<number> {
  await using target = await keptNode(session);
  return print(await agentClient(target).exec([K3S, 'kubectl', ...args]));
}

/** `airgap logs [namespace/pod]`: a pod's containers, or K3s itself. */
export async function logsCommand(pod: string | undefined, session: string | undefined): Promise<number> {
  await using target = await keptNode(session);
  const client = agentClient(target);
  if (pod === undefined) return print(await client.exec(['cat', '/var/log/k3s.log']));
  const [namespace, name] = pod.split('/');
  if (name === undefined) {
    throw new HarnessError(`"${pod}" names no pod: namespace/name is needed`, {
      code: 'usage',
      hint: 'see them with: npm run airgap -- kubectl -- get pods -A',
    });
  }
  const args = ['logs', '-n', namespace ?? '', name, '--all-containers', '--prefix', '--tail=500'];
  return print(await client.exec([K3S, 'kubectl', ...args]));
}

/** `airgap down`: ends a kept site and removes everything of it. */
export async function downCommand(session: string | undefined): Promise<ExitCode> {
  const kept = await keptSession(session);
  const swept = await endSession(kept);
  terminalScreen(false).line(`site ${kept.id} is down: ${swept.length} thing(s) removed`);
  return EXIT.ready;
}

async function keptSession(
  wanted: string | undefined,
): Promise<Awaited<ReturnType<typeof livingSessions>>[number]> {
  const kept = (await livingSessions()).filter((session) => session.kept);
  const found = wanted === undefined ? kept : kept.filter(({ id }) => id === wanted);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const list = kept.map(({ id, outDir }) => `${id} (${outDir})`).join(', ');
  throw new HarnessError(
    kept.length === 0
      ? 'no site is kept'
      : wanted === undefined
        ? `${kept.length} sites are kept: ${list}`
        : `no kept site has the id "${wanted}"; there are: ${list}`,
    {
      code: 'usage',
      hint: kept.length === 0 ? 'run: npm run airgap -- test BUNDLE --keep' : 'name one with --session ID',
    },
  );
}

async function keptNode(wanted: string | undefined): Promise<AgentTarget & AsyncDisposable> {
  const { id, nodes } = await keptSession(wanted);
  const [node] = nodes;
  if (node === undefined)
    throw new HarnessError(`site ${id} has no node`, {
      code: 'usage',
      hint: 'end it: npm run airgap -- down',
    });
  return await reachKept(node);
}

function print({ stdout, stderr, exitCode }: ExecResult): number {
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  return exitCode ?? EXIT.inconclusive;
}

async function readAll(stream: NodeJS.ReadStream): Promise<string> {
  stream.setEncoding('utf8');
  return (await stream.toArray()).join('');
}
