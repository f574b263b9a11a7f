// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { EXIT, type ExitCode } from '../../core/exit-codes.ts';
import { inspect } from '../../run/inspect.ts';
import { terminalScreen } from '../screen.ts';

/** `airgap inspect BUNDLE`: what is in it, every digest verified. Returns the exit code. */
export async function inspectCommand(
  path: string,
  options: { readonly gate?: string; readonly json?: true },
): Promise<ExitCode> {
  const { bundle, gate, plan, findings } = await inspect(resolve(path), {
    gatePath: options.gate === undefined ? null : resolve(options.gate),
    quietMs: 0,
    settleTimeoutMs: 0,
    memoryMiB: 0,
  });
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ bundle, gate, checks: plan.checks, findings }, null, 2)}\n`);
    return EXIT.ready;
  }
  const screen = terminalScreen(false);
  screen.line(
    `${screen.paint('bold', `${bundle.name} ${bundle.version}`)} (${bundle.format})  ${bundle.digest}`,
  );
  for (const { kind, file, digest, size } of bundle.items.filter((item) => item.kind !== 'image')) {
    screen.line(`  ${kind.padEnd(16)} ${file}  ${(size / 2 ** 20).toFixed(1)} MiB  ${digest.slice(0, 19)}…`);
  }
  for (const image of bundle.images) {
    screen.line(
      `  ${'image'.padEnd(16)} ${image.reference ?? '(no name)'}  ${image.configDigest.slice(0, 19)}…  in ${image.archive}`,
    );
  }
  for (const { severity, message, location } of findings) {
    screen.line(
      `  ${screen.paint(severity === 'info' ? 'dim' : 'yellow', severity.padEnd(16))} ${location}: ${message}`,
    );
  }
  screen.line(`${bundle.objects.length} objects, ${plan.checks.length} checks, gate: ${gate.file ?? 'none'}`);
  return EXIT.ready;
}
