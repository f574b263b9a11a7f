// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { finished } from 'node:stream/promises';
import type Docker from 'dockerode';
import type { CommandRunner } from '../../core/command.ts';
import { HarnessError, reasonOf } from '../../core/errors.ts';
import { runOrThrow } from '../../core/runner.ts';
import { IMAGE_LABEL } from './labels.ts';

/** Nothing can be pulled under this name: `.local` has no registry. */
const REPOSITORY = 'airgap.local/node';

/**
 * Names, kinds, modes, owners, sizes, times and targets of all files of a tree; of files also the time of the last change to anything
 * about them (%C), which is all that tells of a new file capability.
 */
const LISTING =
  'cd "$1" && find . -xdev \\( -type f -printf "%P %C@ " -o -true \\) -printf "%P %y %m %U %G %s %T@ %l\\n" | LC_ALL=C sort';

/** GNU tar leaves them out unless told: a program with a file capability (ping) would come without. */
const ATTRIBUTES = ['--xattrs', '--xattrs-include=security.capability', '--xattrs-include=user.*'];

/**
 * The node image as the engine knows it: imported when this very tree was not yet, labelled, never pulled. Two that import it
 * at once end with the same image.
 *
 * @param folder root file system directory, free of symbolic links
 * @returns its reference
 * @throws HarnessError
 */
export async function ensureNodeImage(
  docker: Docker,
  runner: CommandRunner,
  folder: string,
): Promise<string> {
  const listing = await runOrThrow(runner, ['sh', '-c', LISTING, 'sh', folder]);
  const tag = createHash('sha256').update(`${ATTRIBUTES.join()}\n${listing}`).digest('hex').slice(0, 16);
  const reference = `${REPOSITORY}:${tag}`;
  if (await exists(docker, reference)) return reference;
  await using archive = runner.spawn(tarOf(folder, ['--one-file-system', '.']));
  try {
    // The engine answers with a stream of progress; an error is a line of it.
    const progress = await docker.importImage(archive.stdout, {
      repo: reference, // with its tag: Podman 4 knows no parameter `tag` here
      changes: `LABEL ${IMAGE_LABEL}=node`,
    });
    let said = '';
    progress.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-4000);
    });
    await finished(progress);
    if (!(await exists(docker, reference))) throw new Error(said.trim());
  } catch (error) {
    throw new HarnessError(`the engine does not take the node image "${folder}": ${reasonOf(error)}`, {
      code: 'harness',
      hint: 'look for room on the engine’s disk',
      cause: error,
    });
  }
  return reference;
}

/** The command that writes files of a folder as an archive, whole: owners, times and file capabilities. */
export function tarOf(folder: string, what: readonly string[]): string[] {
  return ['tar', '-C', folder, '--numeric-owner', ...ATTRIBUTES, '-cf', '-', ...what];
}

async function exists(docker: Docker, reference: string): Promise<boolean> {
  return await docker
    .getImage(reference)
    .inspect()
    .then(
      () => true,
      () => false,
    );
}
