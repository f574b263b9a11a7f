// SPDX-License-Identifier: Apache-2.0
import type { CommandRunner } from '../core/command.ts';
import { netnsPath } from '../core/namespace.ts';
import { runOrThrow } from '../core/runner.ts';
import type { SinkAnswers } from './answers.ts';

/** Sets the sink's rules up in its network namespace, by name. Throws HarnessError. */
export async function applyAnswers(
  runner: CommandRunner,
  sink: string,
  { nft, ip4, ip6 }: SinkAnswers,
): Promise<void> {
  const enter = ['nsenter', `--net=${netnsPath(sink)}`, '--'];
  const steps = [
    [['nft', '-f', '-'], nft],
    [['ip', '-4', '-batch', '-'], ip4.map((line) => `${line}\n`).join('')],
    [['ip', '-6', '-batch', '-'], ip6.map((line) => `${line}\n`).join('')],
  ] as const;
  for (const [argv, stdin] of steps) {
    if (stdin !== '') await runOrThrow(runner, [...enter, ...argv], { stdin });
  }
}
