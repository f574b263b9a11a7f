// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { CLASSES } from '../core/attempt-classes.ts';
import { PHASES } from '../core/events.ts';
import { nearest } from '../core/nearest.ts';
import { PROFILES } from '../core/profile.ts';
import { servicesSchema, stubSchema } from './services-schema.ts';
import { isCidr, isDay, isDestination, isHostPattern } from './fields.ts';

const text = z.string().regex(/\S/, 'must not be empty');

const profile = z.enum(PROFILES);

const scope = z
  .strictObject({
    destination: z
      .string()
      .refine(isDestination, {
        error: 'must be a host, host:port, address, address:port or [IPv6 address]:port',
      })
      .optional()
      .describe('host, host:port, address, address:port or [IPv6 address]:port; * matches any characters'),
    image: text.optional().describe('reference of the image; * matches any characters'),
    owner: text.optional().describe('Kind/name or namespace/Kind/name; * matches any characters'),
    class: text.optional().describe('class of the attempt, as the report names it'),
    phase: z.enum(PHASES).optional().describe('accepted only when it is seen in this phase and in no other'),
    finding: text.optional().describe('rule of a finding, as the report names it; * matches any characters'),
    location: text
      .optional()
      .describe('where a finding is, as the report names it; * matches any characters'),
  })
  .refine((value) => Object.values(value).some((one) => one !== undefined), {
    error:
      'must have at least one of "destination", "image", "owner", "class" and "phase", or of "finding" and "location"',
  })
  .refine(
    ({ finding, location, ...attempt }) =>
      (finding === undefined && location === undefined) ||
      Object.values(attempt).every((one) => one === undefined),
    { error: 'must be of an attempt, or of a finding ("finding", "location"), not of both' },
  )
  .describe('all that is given must match');

const internal = z
  .strictObject({
    name: text,
    description: text.optional(),
    hosts: z
      .array(
        z.string().refine(isHostPattern, {
          error:
            'must be a host name without scheme, port and path, such as ntp.site.example or *.site.example',
        }),
      )
      .default([])
      .describe('host names; * matches any characters'),
    cidrs: z
      .array(
        z.string().refine(isCidr, { error: 'must be an address range such as 10.20.0.0/16, or one address' }),
      )
      .default([]),
    ports: z.array(z.int().min(1).max(65_535)).default([]).describe('none: any port'),
    serve: stubSchema.optional().describe('what stands there in the test; without it nothing answers'),
  })
  .refine(({ hosts, cidrs }) => hosts.length + cidrs.length > 0, {
    error: 'must have at least one of "hosts" and "cidrs"',
  })
  .refine(({ serve, hosts, ports }) => serve === undefined || (hosts.length > 0 && ports.length > 0), {
    error: 'must have "hosts" and "ports" for "serve" to stand there',
  });

const exception = z.strictObject({
  scope,
  reason: text,
  owner: text.describe('who answers for it'),
  expires: z
    .string()
    .refine(isDay, { error: 'must be a day as YYYY-MM-DD' })
    .describe('YYYY-MM-DD, valid to the end of that day (UTC)'),
});

const classRow = z
  .strictObject({
    match: z
      .strictObject({
        destination: z
          .string()
          .refine((value) => isHostPattern(value) || /^[0-9a-fA-F:.*]+$/.test(value), {
            error:
              'must be a host name or an address, without scheme, port and path; * matches any characters',
          })
          .optional()
          .describe('host name or address; * matches any characters'),
        port: z.int().min(1).max(65_535).optional(),
        protocol: text.optional().describe('tcp, udp, dns (a question for a name), icmp, icmpv6 ...'),
        program: text
          .optional()
          .describe('name of the executable, or of the script that an interpreter runs'),
        image: text.optional().describe('reference of the image; * matches any characters'),
        owner: text.optional().describe('Kind/name or namespace/Kind/name; * matches any characters'),
        path: text.optional().describe('HTTP path; * matches any characters'),
      })
      .refine((value) => Object.values(value).some((one) => one !== undefined), {
        error:
          'must have at least one of "destination", "port", "protocol", "program", "image", "owner" and "path"',
      })
      .describe('all that is given must match'),
    class: z
      .string()
      .regex(/^[a-z][a-z0-9-]*$/, 'must be lower-case words with hyphens, such as license-check')
      .describe('a class of docs/classification.md, or a new one'),
    what: text.optional().describe('what it is, for a sentence: “AcmeDB’s usage statistics”'),
    remedy: text.optional().describe('what to change; without it the advice of the class'),
  })
  .superRefine(({ class: name, remedy }, context) => {
    if (remedy !== undefined || Object.hasOwn(CLASSES, name)) return;
    const near = nearest(name, Object.keys(CLASSES));
    const message = `is no class of the harness${near === null ? '' : ` (did you mean "${near}"?)`}: a new one must have a "remedy"`;
    context.addIssue({ code: 'custom', path: ['class'], input: name, message });
  });

/** gate.yaml as the site's owner writes it. Strict: a key that is not here is an error. */
export const gateSchema = z
  .strictObject({
    apiVersion: z.literal('airgap.dev/v1'),
    kind: z.literal('Gate'),
    profile: profile
      .optional()
      .describe('the kind of gap; no-route when there is neither this nor "profiles"'),
    profiles: z
      .array(profile)
      .min(1)
      .refine((all) => new Set(all).size === all.length, { error: 'must name each profile once' })
      .optional()
      .describe('several kinds of gap: one run each, and all must be ready'),
    checks: z
      .strictObject({ required: z.array(text).default([]).describe('ids of checks') })
      .default({ required: [] }),
    reboot: z
      .boolean()
      .default(false)
      .describe('cut the power of the node at the end of the run, and ask whether everything comes back'),
    site: z
      .strictObject({
        internal: z
          .array(internal)
          .superRefine(refuseSameName)
          .default([])
          .describe("what the customer's site provides: uses of it are site dependencies, not leaks"),
        services: servicesSchema.optional().describe('what the simulated site offers in the test'),
      })
      .default({ internal: [] }),
    classes: z
      .array(classRow)
      .default([])
      .describe('what the owner knows of destinations and programs: comes before the harness’s own table'),
    exceptions: z
      .array(exception)
      .default([])
      .describe('accepted attempts and findings: they stay in the report'),
  })
  .refine(({ profile: one, profiles }) => one === undefined || profiles === undefined, {
    path: ['profiles'],
    error: 'must not stand beside "profile": name all of them here',
  });

export type GateDocument = z.infer<typeof gateSchema>;

function refuseSameName(all: readonly { readonly name: string }[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [index, { name }] of all.entries()) {
    if (seen.has(name)) {
      const message = 'must not be the name of another internal destination';
      context.addIssue({ code: 'custom', path: [index, 'name'], input: name, message });
    }
    seen.add(name);
  }
}
