// SPDX-License-Identifier: Apache-2.0
import { readAssets } from '../../core/assets.ts';
import { HarnessError } from '../../core/errors.ts';
import { EXIT, type ExitCode } from '../../core/exit-codes.ts';
import { type Capability, probeCapabilities } from '../../providers/capabilities.ts';
import { REPO_ROOT } from '../repo.ts';
import { terminalScreen } from '../screen.ts';

/** `airgap doctor`: each thing really tried. Exit code 3 when a run would not work here. */
export async function doctorCommand(options: { readonly json?: true }): Promise<ExitCode> {
  const capabilities = [...(await probeCapabilities()), await probeAssets()];
  const broken = capabilities.filter((capability) => !capability.ok && capability.required);
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(capabilities, null, 2)}\n`);
  } else {
    const screen = terminalScreen(false);
    for (const { id, ok, required, reason, remedy } of capabilities) {
      const mark = ok
        ? screen.paint('green', 'yes')
        : screen.paint(required ? 'red' : 'yellow', required ? 'NO ' : 'no ');
      screen.line(
        `${mark}  ${id.padEnd(22)} ${reason}${ok || remedy === null ? '' : `\n       → ${remedy}`}`,
      );
    }
    screen.line(
      broken.length === 0
        ? 'a run works here'
        : `a run does not work here: ${broken.map(({ id }) => id).join(', ')}`,
    );
  }
  return broken.length === 0 ? EXIT.ready : EXIT.inconclusive;
}

async function probeAssets(): Promise<Capability> {
  const id = 'setup';
  try {
    const { k3s } = await readAssets(REPO_ROOT);
    return {
      id,
      ok: true,
      required: true,
      reason: `${k3s.version}${k3s.standIn ? ' (stand-in)' : ''}`,
      remedy: null,
    };
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    return { id, ok: false, required: true, reason: error.message, remedy: error.hint ?? null };
  }
}
