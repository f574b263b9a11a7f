// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';
import { z } from 'zod';
import { PHASES } from '../core/events.ts';

const text = z.string().min(1, 'must not be empty');
const date = z.string().refine(isDate, { error: 'must be a date as YYYY-MM-DD' });
const cidr = z
  .string()
  .refine(isCidr, { error: 'must be an address range such as 10.20.0.0/16 or one address' });

const scope = z
  .strictObject({
    destination: text
      .optional()
      .describe('host, host:port, address or address:port; * matches any characters'),
    image: text.optional(),
    owner: text.optional().describe('Kind/name or namespace/Kind/name'),
    class: text.optional(),
    phase: z.enum(PHASES).optional(),
  })
  .refine((value) => Object.values(value).some((one) => one !== undefined), {
    error: 'must have at least one of "destination", "image", "owner", "class" and "phase"',
  });

const internal = z
  .strictObject({
    name: text,
    description: text.optional(),
    hosts: z.array(text).default([]).describe('host names; * matches any characters'),
    cidrs: z.array(cidr).default([]),
    ports: z.array(z.int().min(1).max(65_535)).default([]).describe('none: any port'),
  })
  .refine(({ hosts, cidrs }) => hosts.length + cidrs.length > 0, {
    error: 'must have at least one of "hosts" and "cidrs"',
  });

/** gate.yaml as the site's owner writes it. Strict: a key that is not here is an error. */
export const gateSchema = z.strictObject({
  apiVersion: z.literal('airgap.dev/v1'),
  kind: z.literal('Gate'),
  profile: z.literal('no-route').default('no-route').describe('the kind of gap; this version has no-route'),
  checks: z.strictObject({ required: z.array(text).default([]) }).default({ required: [] }),
  site: z
    .strictObject({ internal: z.array(internal).default([]).describe('what the customer’s site provides') })
    .default({ internal: [] }),
  exceptions: z
    .array(
      z.strictObject({
        scope,
        reason: text,
        owner: text.describe('who answers for it'),
        expires: date.describe('valid to the end of that day (UTC)'),
      }),
    )
    .default([]),
});

/** True for a day that the calendar has. */
function isDate(value: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}$/.test(value) &&
    !Number.isNaN(Date.parse(value)) &&
    new Date(value).toISOString().startsWith(value)
  );
}

function isCidr(value: string): boolean {
  const [address = '', prefix, more] = value.split('/');
  const family = isIP(address);
  if (family === 0 || more !== undefined) return false;
  return prefix === undefined || (/^\d+$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}
