// SPDX-License-Identifier: Apache-2.0
import type { CommandRunner } from '../core/command.ts';
import { HarnessError } from '../core/errors.ts';
import { netnsPath } from '../core/namespace.ts';
import type { SinkAnswers } from './answers.ts';

// The namespace's own: /proc/sys/net shows that of who reads it. What the kernel does not have needs no setting.
const SET =
  'while read -r path value; do [ ! -e "/proc/sys/$path" ] || echo "$value" >"/proc/sys/$path"; done';

/** Sets the sink's rules up in its network namespace, by name. Throws HarnessError. */
export async function applyAnswers(
  runner: CommandRunner,
  sink: string,
  { nft, settings, ip4, ip6 }: SinkAnswers,
): Promise<void> {
  const enter = ['nsenter', `--net=${netnsPath(sink)}`, '--'];
  const steps = [
    [
      ['sh', '-c', SET],
      Object.entries(settings)
        .map(([path, value]) => `${path} ${value}\n`)
        .join(''),
    ],
    [['nft', '-f', '-'], nft],
    [['ip', '-4', '-batch', '-'], ip4.map((line) => `${line}\n`).join('')],
    [['ip', '-6', '-batch', '-'], ip6.map((line) => `${line}\n`).join('')],
  ] as const;
  for (const [argv, stdin] of steps) {
    if (stdin === '') continue;
    const { exitCode, stderr } = await runner.run([...enter, ...argv], { stdin });
    if (exitCode === 0) continue;
    const said = stderr.trim().split('\n', 1)[0];
    throw new HarnessError(`the sink’s rules cannot be set up (${argv.join(' ')}): ${said}`, {
      code: 'harness',
      hint: 'they need nftables with reject and tproxy in the kernel (NFT_REJECT_INET, NFT_TPROXY, NFT_NAT); profile no-route needs none of it',
    });
  }
}
