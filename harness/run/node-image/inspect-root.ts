// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { HarnessError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { hostRunner, runOrThrow } from '../../core/runner.ts';

/** What `airgap-node root` prints (infra/node-agent/rootfacts.go). */
const factsSchema = z.strictObject({
  osRelease: z.string(),
  missing: z.array(z.string()),
  foreign: z.array(z.string()),
  noFolders: z.array(z.string()),
});

export interface RootQuestion {
  /** Path of the program airgap-node, which looks from inside the folder: links of it lead to no file of this machine. */
  readonly agent: string;
  /** Programs that a node needs. */
  readonly needs: readonly string[];
  /** Folders that a node needs: there, or to be made. Absolute. */
  readonly folders: readonly string[];
  /** For messages. */
  readonly name: string;
}

/**
 * Looks at a root file system without running anything of it.
 *
 * @returns PRETTY_NAME of its os-release, or null
 * @throws HarnessError (config) that names every program it lacks, what is in the way of a folder, or that it is for another machine
 */
export async function inspectRoot(
  root: string,
  { agent, needs, folders, name }: RootQuestion,
): Promise<string | null> {
  const said = await runOrThrow(hostRunner, [agent, 'root', root, ...needs, ...folders]);
  const { osRelease, missing, foreign, noFolders } = factsSchema.parse(JSON.parse(said));
  const os = prettyName(osRelease);
  const which = `the node image "${name}"${os === null ? '' : ` (${os})`}`;
  if (foreign.length > 0) {
    throw new HarnessError(
      `${which} is for another machine: its ${foreign.join(', ')} cannot run on linux/amd64`,
      {
        code: 'config',
        hint: 'give an image for linux/amd64',
      },
    );
  }
  if (missing.length === needs.length) {
    throw new HarnessError(`${which} is no root file system: it holds none of ${needs.join(', ')}`, {
      code: 'config',
      hint: 'give a folder with a root file system, an OCI layout folder, or an image archive',
    });
  }
  if (missing.length > 0) {
    throw new HarnessError(`${which} lacks: ${missing.join(', ')}`, {
      code: 'config',
      hint: 'install them in it (docs/node-image.md says what each is for), or leave --node-image out',
    });
  }
  if (noFolders.length > 0) {
    throw new HarnessError(
      `${which} has in the way of a node's folders, as neither a folder nor a link to one: ${noFolders.map(printable).join(', ')}`,
      {
        code: 'config',
        hint: `a node needs ${folders.join(', ')}: remove what is in the way, or make the folder that the link names`,
      },
    );
  }
  return os;
}

/** `PRETTY_NAME` of an os-release; null when it does not say. The text is untrusted. */
export function prettyName(osRelease: string): string | null {
  const [, double, single, plain] = /^PRETTY_NAME=(?:"(.*)"|'(.*)'|([^"'\n].*))$/m.exec(osRelease) ?? [];
  const value = double ?? single ?? plain ?? '';
  return value === '' ? null : printable(value).slice(0, 100);
}
