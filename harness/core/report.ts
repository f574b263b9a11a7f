// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { PHASES } from './events.ts';

/** Shape of report.json. Every field is always there; what is not known is null, so that consumers need no guessing. */
export const REPORT_SCHEMA_VERSION = 1;

const confidence = z.enum(['observed', 'joined', 'inferred', 'unknown']);
const evidence = z.strictObject({
  observer: z.string().nullable().describe('which observer saw it, null for evidence that a check saved'),
  file: z.string().nullable().describe('path relative to the run folder'),
  record: z.number().int().nullable().describe('packet or line number in that file'),
  text: z.string().nullable(),
});
const phases = z.partialRecord(z.enum(PHASES), z.number().int().nonnegative());
const runMs = z.number().nonnegative().describe('milliseconds since the run began');

const acceptance = z.strictObject({ reason: z.string(), owner: z.string(), expires: z.string() });

/** Days before its end from which an exception is said to expire soon: a month, to renew or to mend. */
const SOON_DAYS = 30;

/** True for an exception that is valid and ends within a month. */
export function isExpiringSoon(daysLeft: number): boolean {
  return daysLeft >= 0 && daysLeft <= SOON_DAYS;
}

export const attemptSchema = z.strictObject({
  id: z
    .string()
    .describe(
      'sha256(owner, container, protocol, name ?? address, port), first 16 hex digits: stable over runs. Owner is namespace/Kind/name, or process:program for a process of the node itself',
    ),
  phases: phases.describe('how many sightings of it each phase has'),
  first: runMs,
  last: runMs,
  count: z.number().int().positive(),
  protocol: z.string(),
  destination: z.strictObject({
    address: z.string().nullable(),
    port: z.number().int().nullable(),
    name: z.string().nullable(),
    sni: z.string().nullable(),
    path: z.string().nullable(),
  }),
  source: z.strictObject({
    node: z.string().nullable(),
    pod: z.string().nullable().describe('name of one pod; all are in `pods`'),
    pods: z.array(z.string()).describe('namespace/name, sorted'),
    namespace: z.string().nullable(),
    owner: z.string().nullable().describe('Kind/name'),
    container: z.string().nullable(),
    image: z.string().nullable(),
    item: z.string().nullable().describe('file of the bundle that holds the image or the manifest'),
    process: z.strictObject({
      exe: z.string().nullable(),
      argv: z.array(z.string()).nullable(),
      ancestors: z.array(z.string()),
    }),
  }),
  confidence: z.strictObject({ process: confidence, pod: confidence, image: confidence, item: confidence }),
  asked: z
    .array(z.string())
    .describe('names asked of this DNS server, where it is one; the first twenty of `askedCount`'),
  askedCount: z.number().int().nonnegative(),
  class: z.string().describe('what kind of dependency it is (docs/classification.md)'),
  classifiedBy: z.enum(['harness', 'gate']).describe('whose row said so: the gate’s owner may add rows'),
  what: z
    .string()
    .nullable()
    .describe('what it is, where that is known: a product’s version check, a service'),
  accepted: acceptance.nullable(),
  remedy: z.string(),
  evidence: z.array(evidence),
});

export const reportSchema = z.strictObject({
  schemaVersion: z.literal(REPORT_SCHEMA_VERSION),
  renderedAt: z.string().describe('the only field that differs when a run is rendered again'),
  runId: z.string(),
  startedAt: z.string(),
  verdict: z.enum(['ready', 'not-ready', 'inconclusive']),
  reasons: z.array(
    z.strictObject({
      kind: z.enum(['attempt', 'check', 'finding', 'unproven', 'fault', 'ready']),
      message: z.string(),
      ref: z.string().nullable(),
    }),
  ),
  bundle: z.strictObject({
    name: z.string(),
    version: z.string(),
    format: z.string(),
    path: z.string(),
    digest: z.string(),
    items: z.array(
      z.strictObject({
        kind: z.string(),
        name: z.string(),
        digest: z.string(),
        file: z.string(),
        size: z.number(),
      }),
    ),
  }),
  environment: z.strictObject({
    provider: z.string(),
    providerReason: z.string().nullable().describe('why that provider; null in runs of older versions'),
    profile: z.string(),
    distribution: z.strictObject({
      name: z.string(),
      version: z.string(),
      standIn: z.boolean(),
      from: z.string(),
      contract: z
        .enum(['passed', 'unverified'])
        .nullable()
        .describe(
          'whether this very binary has passed the K3s contract suite; null when no K3s was asked, and in runs of older versions',
        ),
      contractNote: z.string().nullable().describe('when and how much it passed, or why it is unverified'),
    }),
    host: z.strictObject({ kernel: z.string(), os: z.string(), cpus: z.number(), memoryMiB: z.number() }),
    nodeImage: z
      .strictObject({
        from: z.enum(['setup', 'directory', 'oci-layout', 'archive', 'engine', 'cloud-image']),
        path: z.string().nullable().describe('what --node-image named'),
        digest: z
          .string()
          .describe(
            'sha256 of the image configuration, of the folder or of the disk image’s file (docs/node-image.md); for setup the key of what it was made from',
          ),
        os: z.string().nullable().describe('PRETTY_NAME of its os-release'),
      })
      .describe('the root file system of the nodes'),
    tool: z.strictObject({ name: z.string(), version: z.string() }),
    addedFiles: z
      .array(z.strictObject({ path: z.string(), content: z.string() }))
      .describe("what the harness laid beside the bundle's own configuration in the node"),
  }),
  phases: z.array(
    z.strictObject({
      phase: z.enum(PHASES),
      status: z.enum(['done', 'unfinished', 'not-run']),
      start: runMs.nullable(),
      durationMs: z.number().nullable().describe('all spans together; null while one is open'),
      spans: z
        .array(z.strictObject({ start: runMs, end: runMs.nullable() }))
        .describe('each time the phase was entered: prove is entered again at the end'),
      note: z.string().nullable(),
    }),
  ),
  checks: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      required: z.boolean(),
      result: z
        .enum(['pass', 'fail', 'error', 'skipped', 'not-applicable', 'not-run'])
        .describe(
          'not-applicable: the cluster had nothing that could be asked; every other one but pass keeps a run from being ready when it is required',
        ),
      message: z.string(),
      durationMs: z.number().nullable(),
      attempts: z
        .array(z.string())
        .describe('ids of attempts seen while this check ran, when it did not pass'),
      evidence: z.array(evidence),
    }),
  ),
  attempts: z.array(attemptSchema),
  images: z
    .array(
      z.strictObject({
        name: z.string().describe('its reference, or the digest of its configuration where it has none'),
        way: z
          .enum(['platform', 'preload', 'registry'])
          .describe(
            'how it came to the nodes: inside the platform’s own archive, in K3s’s images directory, or by the site’s registry',
          ),
        archive: z.string().describe('file of the bundle that holds it'),
        usedAs: z.array(z.string()).describe('references by which pods use it'),
        usedBy: z.array(z.string()).describe('namespace/Kind/name'),
        again: z
          .enum(['pinned', 'pulled', 'lost', 'untried'])
          .nullable()
          .describe(
            'whether it can be had again: pinned: garbage collection leaves it alone; pulled: it was taken out of the node’s store and came back; lost: it did not; untried: no pod that comes back uses it; null: it was not in the store, or nobody looked',
          ),
      }),
    )
    .describe('the images of the bundle'),
  siteDependencies: z.array(
    z.strictObject({
      name: z.string(),
      description: z.string().nullable(),
      stands: z
        .string()
        .nullable()
        .describe('what stood there in this run: a kind of service, or null for nothing'),
      used: z.boolean(),
      users: z.array(z.string()),
      destinations: z.array(z.string()),
      count: z.number().int(),
      note: z.string().nullable(),
    }),
  ),
  findings: z.array(
    z.strictObject({
      rule: z.string(),
      severity: z.enum(['blocker', 'warning', 'info']),
      message: z.string(),
      location: z.string(),
      remedy: z.string(),
      accepted: acceptance.nullable().describe('by which exception of the gate: it is no reason then'),
    }),
  ),
  isolation: z
    .array(
      z.strictObject({
        stage: z.enum(['boot', 'end']),
        id: z.string(),
        what: z.string().describe('what makes the gap a gap'),
        result: z.enum(['pass', 'fail']),
        found: z.string(),
      }),
    )
    .describe('what was looked at to know that the gap is closed; empty in runs of older versions'),
  canaries: z.array(
    z.strictObject({
      id: z.string(),
      stage: z.string().describe('boot, start, end; restart-1 after the node’s first restart in this run'),
      place: z.string(),
      kind: z.string(),
      to: z.string(),
      expected: z.array(z.string()),
      seen: z.array(z.string()),
      result: z
        .enum(['pass', 'fail', 'unseeable', 'unavailable'])
        .describe(
          'unseeable: no observer that this run had could see it; unavailable: the kernel refused its socket there, for the reason in `answer`, so nothing was sent',
        ),
      answer: z.string().nullable(),
    }),
  ),
  exceptions: z.array(
    z.strictObject({
      scope: z.string(),
      reason: z.string(),
      owner: z.string(),
      expires: z.string(),
      state: z.enum(['used', 'unused', 'expired']),
      daysLeft: z.number().int(),
      expiresSoon: z.boolean().describe('valid, with at most 30 days left'),
      attempts: z.array(z.string()),
      findings: z.array(z.string()).describe('rule and place of each finding that it covers'),
    }),
  ),
  observers: z.array(
    z.strictObject({
      id: z.string(),
      required: z.boolean(),
      received: z.number(),
      lost: z.union([z.number(), z.literal('unknown')]),
      status: z
        .enum(['ok', 'lost-events', 'died', 'absent', 'missing'])
        .describe('missing: this machine cannot have it, and the run goes without'),
    }),
  ),
  limits: z.array(z.strictObject({ id: z.string(), message: z.string() })),
  timings: z.record(z.string(), z.number()).describe('milliseconds by phase, and `total`'),
});

export type Report = z.infer<typeof reportSchema>;
export type Attempt = z.infer<typeof attemptSchema>;
export type Confidence = z.infer<typeof confidence>;
export type Evidence = z.infer<typeof evidence>;
