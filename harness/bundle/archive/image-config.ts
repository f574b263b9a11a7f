// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { reasonOf } from '../../core/errors.ts';
import { quoted } from '../../core/printable.ts';
import { MAX_DOCUMENT, type Member } from './member.ts';

/** The part of an image configuration (OCI image-spec 1.1, config.md; the Docker one has the same members) that ties it to its layers. */
export const imageConfigSchema = z.looseObject({
  os: z.string().optional(),
  architecture: z.string().optional(),
  variant: z.string().optional(),
  rootfs: z.looseObject({ diff_ids: z.array(z.string()).nullish() }),
});

export type ImageConfig = z.infer<typeof imageConfigSchema>;

/** `linux/amd64`, `linux/arm/v7`; null when the configuration does not say. */
export function platformOf({
  os,
  architecture,
  variant,
}: Pick<ImageConfig, 'os' | 'architecture' | 'variant'>): string | null {
  if (os === undefined || architecture === undefined) return null;
  return `${os}/${architecture}${variant === undefined || variant === '' ? '' : `/${variant}`}`;
}

/** The platform that the harness's nodes run. */
export const WANTED_PLATFORM = 'linux/amd64';

/** True for what an amd64 node runs: also what does not name a platform, and any micro-architecture level. */
export function isWanted(platform: string | null): boolean {
  return platform === null || platform === WANTED_PLATFORM || platform.startsWith(`${WANTED_PLATFORM}/`);
}

/** Parses a member as a JSON document. Throws an Error that names the member and what is wrong with it. */
export function parseDocument<T>(member: Member, schema: z.ZodType<T>, what: string): T {
  const at = `${what} ${quoted(member.name)}`;
  if (member.document === null) {
    const why =
      member.size > MAX_DOCUMENT
        ? `has ${member.size} bytes; at most ${MAX_DOCUMENT} are read`
        : 'is not JSON';
    throw new Error(`${at} ${why}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(member.document.toString('utf8'));
  } catch (error) {
    throw new Error(`${at} is not valid JSON: ${reasonOf(error)}`, { cause: error });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place =
    issue === undefined || issue.path.length === 0 ? '' : ` at ${quoted(z.core.toDotPath(issue.path))}`;
  throw new Error(`${at} is malformed${place}: ${issue?.message ?? 'unknown'}`, { cause: parsed.error });
}
