// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Assets, readAssets } from '../../../harness/core/assets.ts';
import type { ExecResult } from '../../../harness/core/command.ts';
import { K3S_PARTS, type K3sPart } from '../../../harness/core/k3s-parts.ts';
import { K3S } from '../../../harness/core/k3s-paths.ts';
import type { RunningNode } from '../../../harness/core/node.ts';
import { type ProbeAnswer, parseAnswer } from '../../../harness/checks/probe.ts';
import { outsideProbe } from '../../../harness/run/outside-probe.ts';
import { dropIns } from '../../../harness/site/drop-ins.ts';
import { readLimits } from '../../../harness/site/node-limits.ts';
import { bootSite, type TestNode } from '../providers/fixture.ts';
import { REPO_ROOT } from '../support/needs.ts';
import { recordPass } from './record-pass.ts';

const LOG = '/var/log/k3s.log';
const PID_FILE = '/run/contract-k3s.pid';

let tested: { readonly binary: string; readonly k3s: string } | null = null;
recordPass(() => tested);

/** A node without a way out in which the K3s under test lies, not yet started. */
export interface ContractK3s extends AsyncDisposable {
  readonly node: RunningNode;
  /** The K3s under test says of itself that it is the stand-in. */
  readonly standIn: boolean;
  /** `k3s ARGS` inside the node, to its end. */
  k3s(...args: string[]): Promise<ExecResult>;
  /** `k3s kubectl ARGS`; standard output without the final newline. Throws when it fails. */
  kubectl(...args: string[]): Promise<string>;
  /** Starts `k3s server ARGS` and waits until the node is Ready. */
  start(...args: string[]): Promise<void>;
  /** Ends k3s server by a signal; the milliseconds until it is gone. @default TERM */
  stop(signal?: 'TERM' | 'KILL'): Promise<number>;
  /** Asks from outside the cluster: `http`, URL, `--via`, address. */
  outside(...question: string[]): Promise<ProbeAnswer>;
  /** Asks from the node itself, in the same way. */
  fromNode(...question: string[]): Promise<ProbeAnswer>;
  /** All that k3s server has logged. */
  log(): Promise<string>;
}

/**
 * The K3s under test (AIRGAP_K3S, else the one that setup keeps) and its own images; of the stand-in's those of what K3s packages
 * only those that `packaged` names, true for all.
 */
async function k3sUnderTest(
  packaged: boolean | readonly K3sPart[],
): Promise<{ readonly binary: string; readonly archives: readonly string[] }> {
  const assets = await readAssets(REPO_ROOT);
  const given = process.env['AIRGAP_K3S'] || undefined;
  const binary = given === undefined ? assets.k3s.binary : resolve(given);
  const archives =
    given === undefined
      ? [...assets.k3s.images, ...partsOf(assets, packaged)]
      : (await readdir(dirname(binary)))
          .filter((name) => name.startsWith('k3s-airgap-images'))
          .map((name) => join(dirname(binary), name));
  return { binary, archives };
}

function partsOf({ k3s }: Assets, packaged: boolean | readonly K3sPart[]): string[] {
  const wanted = packaged === true ? K3S_PARTS : packaged === false ? [] : packaged;
  return wanted.flatMap((part) => k3s.parts?.[part] ?? []);
}

/** A node with it inside; nothing has run yet. */
async function contractNode(binary: string, archives: readonly string[]): Promise<TestNode> {
  return await bootSite({
    memoryMiB: 4096,
    pids: 8192,
    binds: [
      { from: binary, to: K3S.binary },
      ...archives.map((from) => ({ from, to: `${K3S.images}/${basename(from)}` })),
    ],
  });
}

/** The same with the harness's own drop-ins for this machine. */
export async function contractK3s({
  packaged = false,
  more = [],
}: {
  /** What of all that K3s packages can run, true for everything: a real K3s brings it in any case. @default false */
  readonly packaged?: boolean | readonly K3sPart[];
  /** Further archives for the images folder. @default none */
  readonly more?: readonly string[];
} = {}): Promise<ContractK3s> {
  await using stack = new AsyncDisposableStack();
  const { binary, archives } = await k3sUnderTest(packaged);
  const { node, gap, session } = stack.use(await contractNode(binary, [...archives, ...more]));
  const { agent } = await readAssets(REPO_ROOT);
  for (const { path, content } of dropIns(gap.link, node.name, await readLimits(node))) {
    await node.writeFile(path, content, 0o600);
  }
  const all = stack.move();
  const k3s = async (...args: string[]): Promise<ExecResult> =>
    await node.exec([K3S.binary, ...args], { timeoutMs: 60_000 });
  const kubectl = async (...args: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await k3s('kubectl', ...args);
    if (exitCode !== 0) throw new Error(`kubectl ${args.join(' ')}: exit code ${exitCode}: ${stderr}`);
    return stdout.replace(/\n$/, '');
  };
  const log = async (): Promise<string> => (await node.exec(['cat', LOG])).stdout;
  const version = (await k3s('--version')).stdout.split('\n')[0] ?? '';
  tested = { binary, k3s: version };
  return {
    node,
    standIn: version.includes('stand-in'),
    k3s,
    kubectl,
    log,
    outside: async (...question) =>
      parseAnswer(await outsideProbe(session.runner, gap.netns.sink, agent)(question, { timeoutMs: 15_000 })),
    fromNode: async (...question) =>
      parseAnswer(await node.exec(['/run/airgap/airgap-node', 'probe', ...question], { timeoutMs: 15_000 })),
    start: async (...args) => {
      const script = `echo $$ >${PID_FILE}; exec "$@" >>${LOG} 2>&1 </dev/null`;
      await node.exec(['setsid', '--fork', 'sh', '-c', script, 'sh', K3S.binary, 'server', ...args]);
      const ready = [
        'get',
        'node',
        '-o',
        'jsonpath={.items[0].status.conditions[?(@.type=="Ready")].status}',
      ];
      try {
        await until('the node is Ready', 120, async () => {
          const { stdout } = await k3s('kubectl', ...ready);
          return stdout === 'True';
        });
      } catch (error) {
        throw new Error(`${String(error)}; its log ends:\n${(await log()).slice(-2000)}`, { cause: error });
      }
    },
    stop: async (signal = 'TERM') => {
      const began = performance.now();
      await node.exec([
        'sh',
        '-c',
        `kill -${signal} $(cat ${PID_FILE}); while kill -0 $(cat ${PID_FILE}); do sleep 0.02; done`,
      ]);
      return performance.now() - began;
    },
    [Symbol.asyncDispose]: async () => await all.disposeAsync(),
  };
}

/** Waits until `question` answers true; what it throws counts as no. Throws after `seconds`, with the last reason. */
export async function until(what: string, seconds: number, question: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  for (let reason = ''; ; await sleep(200)) {
    try {
      if (await question()) return;
    } catch (error) {
      reason = `: ${String(error)}`;
    }
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}${reason}`);
  }
}
