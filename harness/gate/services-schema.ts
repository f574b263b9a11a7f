// SPDX-License-Identifier: Apache-2.0
import { isIPv4 } from 'node:net';
import { z } from 'zod';
import { isHostPattern } from './fields.ts';

const text = z.string().regex(/\S/, 'must not be empty');
const port = z.int().min(1).max(65_535);
const file = text.describe('path relative to the folder of this file');

const host = z.string().refine((value) => isHostPattern(value) && !value.includes('*') && !isIPv4(value), {
  error: 'must be a host name, such as registry.site.example',
});

const PROJECT = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;

const registry = z
  .strictObject({
    host,
    port: port.optional().describe('443, or 80 without TLS, when it is left out'),
    tls: z.boolean().default(true).describe('with a certificate of the site’s authority'),
    user: text.optional(),
    password: text.optional(),
    projects: z
      .record(
        z.string(),
        z.string().regex(PROJECT, 'must be a path of lower-case words, such as "mirror/quay"'),
      )
      .default({})
      .describe(
        'where the images of an upstream registry stand, as projects and proxy caches of Harbor lay them out: docker.io: dockerhub; "*" stands for all others',
      ),
    images: z
      .enum(['declared', 'all'])
      .default('declared')
      .describe('which images come by it: those that bundle.yaml says, or all but the platform’s own'),
    charts: z
      .strictObject({
        project: z
          .string()
          .regex(PROJECT, 'must be a path of lower-case words, such as "charts"')
          .default('charts')
          .describe('path before each chart’s name: oci://HOST/PROJECT/NAME'),
        folder: file.optional(),
      })
      .optional()
      .describe(
        'it holds charts as OCI artifacts: all packed ones of the bundle, and those in a folder of the owner’s',
      ),
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), {
    error: 'must have both "user" and "password", or neither',
  });

const folder = z.strictObject({
  host,
  port: port.optional().describe('80, or 443 with TLS, when it is left out'),
  tls: z.boolean().default(false).describe('with a certificate of the site’s authority'),
  folder: file,
});

const authority = z
  .strictObject({
    certificate: file.optional(),
    key: file.optional(),
    nodes: z.boolean().default(true).describe('false: the nodes do not trust it'),
    configMaps: z
      .array(z.string().regex(/^[a-z0-9-]+\/[a-z0-9.-]+$/, 'must be namespace/name'))
      .default([])
      .describe(
        'ConfigMaps that hold its certificate (ca.crt) for pods, made before the bundle is installed',
      ),
  })
  .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), {
    error: 'must have both "certificate" and "key", or neither',
  });

const zoneTarget = text.describe('node, the name of a service, or an IPv4 address');

/** `site.services` of gate.yaml. */
export const servicesSchema = z
  .strictObject({
    ca: authority
      .default({ nodes: true, configMaps: [] })
      .describe('the site’s certificate authority; made for each run unless its files are given'),
    registry: registry.optional(),
    ntp: z
      .strictObject({
        host,
        skew: z.number().default(0).describe('seconds that it is wrong by; negative: it is slow'),
      })
      .optional(),
    charts: folder.optional().describe('chart repository: a folder with index.yaml and the charts'),
    packages: folder.optional().describe('mirror of Debian packages: a folder with dists/ and pool/'),
    files: folder.optional().describe('any files'),
    zone: z.record(host, zoneTarget).default({}).describe('further names of the internal DNS'),
  })
  .superRefine((services, context) => {
    const seen = new Map<string, string>();
    for (const key of ['registry', 'ntp', 'charts', 'packages', 'files'] as const) {
      const name = services[key]?.host.toLowerCase();
      if (name === undefined) continue;
      const before = seen.get(name);
      const message = `must not be the host of "${before}" as well: each service has an address of its own`;
      if (before !== undefined)
        context.addIssue({ code: 'custom', path: [key, 'host'], input: name, message });
      seen.set(name, key);
    }
    for (const [name, target] of Object.entries(services.zone)) {
      const isService = target in services && target !== 'zone' && target !== 'ca';
      if (target === 'node' || isIPv4(target) || isService) continue;
      const message = 'must be "node", the name of a service that is declared here, or an IPv4 address';
      context.addIssue({ code: 'custom', path: ['zone', name], input: target, message });
    }
  });

const answer = z.strictObject({
  method: z.string().default('GET'),
  path: z.string().regex(/^\//, 'must begin with "/"'),
  status: z.int().min(100).max(599).default(200),
  body: z.string().default(''),
  headers: z.record(z.string(), z.string()).default({}),
});

/** `site.internal[].serve` of gate.yaml: what stands there in the test. */
export const stubSchema = z
  .strictObject({
    tcp: z.literal(true).optional().describe('accepts connections and says nothing'),
    http: z
      .strictObject({
        tls: z.boolean().default(false).describe('with a certificate of the site’s authority'),
        answers: z.array(answer).default([]).describe('what is not listed is answered with 404'),
      })
      .optional(),
    program: z
      .strictObject({
        run: z.array(text).min(1, 'must not be empty').describe('program and arguments; no shell'),
        folder: file.default('.').describe('where it is started, relative to the folder of this file'),
      })
      .optional()
      .describe('a program of the site’s owner: it runs on this machine, in a network namespace of its own'),
  })
  .refine((stub) => Object.values(stub).filter((one) => one !== undefined).length === 1, {
    error: 'must have exactly one of "tcp", "http" and "program"',
  });

export type ServicesDocument = z.infer<typeof servicesSchema>;
export type StubDocument = z.infer<typeof stubSchema>;
