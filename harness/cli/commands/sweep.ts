// SPDX-License-Identifier: Apache-2.0
import { EXIT, type ExitCode } from '../../core/exit-codes.ts';
import { sweep, sweepImages } from '../../providers/sweep.ts';
import { terminalScreen } from '../screen.ts';

/** `airgap sweep`: removes what dead runs left, says what that was; with `--images` the node images in container engines too. */
export async function sweepCommand(options: { readonly images?: true | undefined }): Promise<ExitCode> {
  const screen = terminalScreen(false);
  const swept = await sweep();
  for (const { kind, name } of swept) screen.line(`removed ${kind} ${name}`);
  const images = options.images === true ? await sweepImages() : [];
  for (const name of images) screen.line(`removed ${name}`);
  const count = swept.length + images.length;
  screen.line(count === 0 ? 'nothing to sweep' : `${count} thing(s) removed`);
  return EXIT.ready;
}
