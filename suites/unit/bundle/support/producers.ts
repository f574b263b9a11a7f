// SPDX-License-Identifier: Apache-2.0
import { gzipSync } from 'node:zlib';
import {
  blob,
  config,
  descriptor,
  hex,
  layer,
  layout,
  manifest,
  sha256,
  STORED,
  TYPES,
} from './image-parts.ts';
import { type RawMember, rawTar } from './raw-tar.ts';

/** Each writes two images that share their lower layer, laid out as that tool does it. */
export const LOWER = layer('lower');
export const UPPER = layer('upper');
export const CONFIG_ONE = config([LOWER]);
export const CONFIG_TWO = config([LOWER, UPPER]);

/** Of an OCI manifest with plain layers. */
export const PLAIN_ONE = manifest(blob(TYPES.config, CONFIG_ONE), [STORED.plain(LOWER)]);
export const PLAIN_TWO = manifest(blob(TYPES.config, CONFIG_TWO), [STORED.plain(LOWER), STORED.plain(UPPER)]);
export const GZIP_TWO = manifest(blob(TYPES.config, CONFIG_TWO), [STORED.gzip(LOWER), STORED.gzip(UPPER)]);

const PLAIN_BLOBS = [
  blob(TYPES.config, CONFIG_ONE),
  blob(TYPES.config, CONFIG_TWO),
  STORED.plain(LOWER),
  STORED.plain(UPPER),
  PLAIN_ONE,
  PLAIN_TWO,
];

/** docker save before 25: a folder for each layer, the shared one a symlink in the second image, familiar names. */
export function dockerSave(): Buffer {
  return rawTar([
    { name: 'aaa/', flag: '5' },
    { name: 'aaa/VERSION', content: '1.0' },
    { name: 'aaa/json', content: '{"id":"aaa"}' },
    { name: 'aaa/layer.tar', content: LOWER },
    { name: 'bbb/layer.tar', flag: '2', linkName: '../aaa/layer.tar' },
    { name: 'ccc/layer.tar', content: UPPER },
    { name: `${hex(sha256(CONFIG_ONE))}.json`, content: CONFIG_ONE },
    { name: `${hex(sha256(CONFIG_TWO))}.json`, content: CONFIG_TWO },
    {
      name: 'manifest.json',
      content: JSON.stringify([
        { Config: `${hex(sha256(CONFIG_ONE))}.json`, RepoTags: ['one:1'], Layers: ['aaa/layer.tar'] },
        {
          Config: `${hex(sha256(CONFIG_TWO))}.json`,
          RepoTags: ['shop/two:2', 'two'],
          Layers: ['bbb/layer.tar', 'ccc/layer.tar'],
        },
      ]),
    },
    { name: 'repositories', content: '{"one":{"1":"aaa"}}' },
  ]);
}

/** docker save from 25 on: an OCI layout with Docker's manifest.json beside it, and an attestation nobody can run. */
export function dockerSave25(): Buffer {
  const attestation = blob(TYPES.manifest, '{"never":"read"}');
  const named = (name: string, tag: string): object => ({
    annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': tag },
  });
  return rawTar([
    ...layout(
      [
        descriptor(PLAIN_ONE, named('docker.io/library/one:1', '1')),
        descriptor(PLAIN_TWO, named('docker.io/shop/two:2', '2')),
        descriptor(attestation, { platform: { os: 'unknown', architecture: 'unknown' } }),
      ],
      PLAIN_BLOBS,
    ),
    {
      name: 'manifest.json',
      content: JSON.stringify([
        {
          Config: `blobs/sha256/${hex(sha256(CONFIG_ONE))}`,
          RepoTags: ['one:1'],
          Layers: [`blobs/sha256/${hex(sha256(LOWER))}`],
        },
      ]),
    },
  ]);
}

/** crane save: the configuration's digest as its name, layers stored as they were pulled. */
export function craneSave(): Buffer {
  const [lower, upper] = [gzipSync(LOWER), gzipSync(UPPER)];
  const stored = (content: Buffer): string => `${hex(sha256(content))}.tar.gz`;
  return rawTar([
    { name: sha256(CONFIG_TWO), content: CONFIG_TWO },
    { name: stored(lower), content: lower },
    { name: stored(upper), content: upper },
    {
      name: 'manifest.json',
      content: JSON.stringify([
        {
          Config: sha256(CONFIG_TWO),
          RepoTags: ['ghcr.io/shop/two:2'],
          Layers: [stored(lower), stored(upper)],
        },
      ]),
    },
  ]);
}

/** crane, oras and Zarf layouts: the full name in ref.name; here for several platforms, of which one is in the archive. */
export function orasLayout(): { readonly bytes: Buffer; readonly indexDigest: string } {
  const arm = blob(TYPES.manifest, '{"not":"carried"}');
  const index = blob(
    TYPES.index,
    JSON.stringify({
      schemaVersion: 2,
      mediaType: TYPES.index,
      manifests: [
        descriptor(arm, { platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }),
        descriptor(GZIP_TWO, { platform: { os: 'linux', architecture: 'amd64' } }),
      ],
    }),
  );
  const name = { annotations: { 'org.opencontainers.image.ref.name': 'registry.example:5000/shop/two:2' } };
  const blobs = [blob(TYPES.config, CONFIG_TWO), STORED.gzip(LOWER), STORED.gzip(UPPER), GZIP_TWO, index];
  return { bytes: rawTar(layout([descriptor(index, name)], blobs)), indexDigest: index.digest };
}

/** A Hauler store: short name in ref.name, full name with index.docker.io; a chart and a file live in the same index. */
export function haulerStore(): Buffer {
  const chartConfig = blob('application/vnd.cncf.helm.config.v1+json', '{"name":"chart"}');
  const chartLayer = blob('application/vnd.cncf.helm.chart.content.v1.tar+gzip', gzipSync('no tar'));
  const chart = manifest(chartConfig, [chartLayer]);
  const members: RawMember[] = layout(
    [
      descriptor(PLAIN_ONE, {
        annotations: {
          kind: 'dev.hauler/image',
          'io.containerd.image.name': 'index.docker.io/library/one:1',
          'org.opencontainers.image.ref.name': 'library/one:1',
        },
      }),
      descriptor(chart, {
        annotations: { kind: 'dev.hauler/image', 'org.opencontainers.image.ref.name': 'hauler/chart:1.0.0' },
      }),
    ],
    [...PLAIN_BLOBS, chartConfig, chartLayer, chart],
  );
  return rawTar(members);
}
