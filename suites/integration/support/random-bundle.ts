// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Assets } from '../../../harness/core/assets.ts';
import { writeImageArchive } from '../../../infra/images/build-image.ts';
import type { ExpectedLeak } from './leaks.ts';

/** A small seeded generator (mulberry32): a failing bundle can be made again from the printed seed. */
export function randomFrom(seed: number): {
  int(below: number): number;
  word(): string;
  pick<T>(of: readonly T[]): T;
} {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (below: number): number => Math.floor(next() * below);
  const pick = <T>(of: readonly T[]): T => {
    const found = of[int(of.length)];
    if (found === undefined) throw new Error('nothing to pick from');
    return found;
  };
  const word = (): string =>
    Array.from({ length: 3 }, () => pick('bdfgklmnprstvz'.split('')) + pick('aeiou'.split(''))).join('') +
    String(int(90) + 10);
  return { int, word, pick };
}

interface Destination {
  readonly args: readonly string[];
  readonly expected: Pick<ExpectedLeak, 'protocol' | 'name' | 'address' | 'port'>;
}

const PLACES = [
  'init',
  'post-start',
  'job',
  'cron-job',
  'host-network',
  'daemon-set',
  'missing-image',
] as const;

/**
 * Writes a leaky bundle with random names, images, program paths, ports and destinations, every place at least once, and says
 * exactly what was planted. The programs are the node agent's `probe` under a random path.
 */
export async function writeRandomBundle(dir: string, seed: number, assets: Assets): Promise<ExpectedLeak[]> {
  const random = randomFrom(seed);
  const namespace = random.word();
  const exe = `/opt/${random.word()}/${random.word()}`;
  const image = `${random.word()}.example/${random.word()}/${random.word()}:${random.int(9)}.${random.int(9)}`;
  const used = new Set<string>();

  const destination = (): Destination => {
    for (;;) {
      const port = 1024 + random.int(60_000);
      const kind = random.pick(['tcp4', 'tcp6', 'dns'] as const);
      const made = ((): Destination => {
        if (kind === 'dns') {
          const name = `${random.word()}.${random.word()}.example`;
          return { args: ['dns', name], expected: { protocol: 'dns', name } };
        }
        const address =
          kind === 'tcp4'
            ? `${random.pick(['192.0.2', '198.51.100', '203.0.113'])}.${1 + random.int(254)}`
            : `2001:db8:${random.int(65_000).toString(16)}::${(1 + random.int(65_000)).toString(16)}`;
        const target = kind === 'tcp4' ? `${address}:${port}` : `[${address}]:${port}`;
        return { args: ['tcp', target], expected: { protocol: 'tcp', address, port } };
      })();
      const key = made.args.join(' ');
      if (used.has(key)) continue;
      used.add(key);
      return made;
    }
  };

  const expected: ExpectedLeak[] = [];
  const documents: unknown[] = [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }];
  for (const place of [...PLACES, ...Array.from({ length: 3 }, () => random.pick(PLACES))]) {
    const name = `${random.word()}-${place}`;
    const container = random.word();
    const { args, expected: to } = destination();
    const leak = { id: `${place} ${name}`, namespace, container, image, exe: `^${exe}$`, ...to };
    const program = { image, imagePullPolicy: 'IfNotPresent' };
    const probing = { ...program, name: container, command: [exe, 'probe', ...args, '--ok'] };
    const staying = { ...program, name: random.word(), command: [exe, 'pause'] };
    const meta = { name, namespace };
    const labels = { app: name };
    const deployment = (kind: string, spec: object): object => ({
      apiVersion: 'apps/v1',
      kind,
      metadata: meta,
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    });
    switch (place) {
      case 'init':
        documents.push(deployment('Deployment', { initContainers: [probing], containers: [staying] }));
        expected.push({ ...leak, owner: `Deployment/${name}` });
        break;
      case 'host-network':
        documents.push(
          deployment('Deployment', {
            hostNetwork: true,
            dnsPolicy: 'Default',
            initContainers: [probing],
            containers: [staying],
          }),
        );
        expected.push({ ...leak, owner: `Deployment/${name}` });
        break;
      case 'daemon-set':
        documents.push(deployment('DaemonSet', { initContainers: [probing], containers: [staying] }));
        expected.push({ ...leak, owner: `DaemonSet/${name}` });
        break;
      case 'post-start':
        documents.push(
          deployment('Deployment', {
            containers: [
              {
                ...staying,
                name: container,
                lifecycle: { postStart: { exec: { command: probing.command } } },
              },
            ],
          }),
        );
        expected.push({ ...leak, owner: `Deployment/${name}` });
        break;
      case 'job':
        documents.push({
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: meta,
          spec: { template: { spec: { restartPolicy: 'Never', containers: [probing] } } },
        });
        expected.push({ ...leak, owner: `Job/${name}` });
        break;
      case 'cron-job':
        documents.push({
          apiVersion: 'batch/v1',
          kind: 'CronJob',
          metadata: meta,
          spec: {
            schedule: '0 0 1 1 *',
            jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [probing] } } } },
          },
        });
        expected.push({ ...leak, owner: `CronJob/${name}` });
        break;
      case 'missing-image': {
        const registry = `${random.word()}.${random.word()}.example`;
        const missing = `${registry}/${random.word()}:${random.int(9)}`;
        documents.push(deployment('Deployment', { containers: [{ name: container, image: missing }] }));
        expected.push({
          id: leak.id,
          namespace,
          container,
          image: missing,
          owner: `Deployment/${name}`,
          exe: '(^|/)(k3s|containerd)$',
          protocol: 'dns',
          name: registry,
        });
        break;
      }
    }
  }
  await mkdir(join(dir, 'manifests'), { recursive: true });
  await writeFile(
    join(dir, 'manifests/all.yaml'),
    documents.map((document) => stringify(document)).join('---\n'),
  );
  await writeFile(
    join(dir, 'bundle.yaml'),
    stringify({
      apiVersion: 'airgap.dev/v1',
      kind: 'Bundle',
      name: namespace,
      version: '1.0.0',
      images: ['./images.tar'],
      manifests: ['./manifests'],
    }),
  );
  await writeImageArchive(
    join(dir, 'images.tar'),
    [
      {
        references: [image],
        layers: [{ entries: [{ path: exe.slice(1), from: assets.agent, mode: 0o755 }] }],
      },
    ],
    { format: random.pick(['docker-archive', 'oci'] as const) },
  );
  return expected;
}
