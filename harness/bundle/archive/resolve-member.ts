// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path';
import { quoted } from '../../core/printable.ts';
import type { Member } from './member.ts';
import type { ArchiveContent } from './scan-archive.ts';

/** More links in a row than any writer makes: a circle. */
const MAX_LINKS = 40;

/**
 * The member that a name stands for, links followed.
 *
 * @param role what it is needed for, for the message
 * @throws Error when it is not there or the links form a circle
 */
export function resolveMember({ members, links }: ArchiveContent, name: string, role?: string): Member {
  let at = posix.normalize(name);
  for (let steps = 0; steps < MAX_LINKS; steps += 1) {
    const member = members.get(at);
    if (member !== undefined) return member;
    const to = links.get(at);
    if (to === undefined) {
      const what = role === undefined ? quoted(name) : `${role}, ${quoted(name)},`;
      throw new Error(
        at === posix.normalize(name)
          ? `${what} is missing from it`
          : `${what} is a link to ${quoted(at)}, which is missing from it`,
      );
    }
    at = to;
  }
  throw new Error(`${quoted(name)} is a link that leads in a circle`);
}
