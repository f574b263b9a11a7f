// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { K3sPart } from '../../harness/core/k3s-parts.ts';
import { baseFiles } from '../images/definitions/base.ts';
import type { ImageSpec, LayerSource } from '../images/image-spec.ts';

/** Names of the images, as the stand-in's manifests name them (a test compares). */
export const REFERENCES = {
  helmJob: 'docker.io/rancher/klipper-helm:v0.9.10-build20251111',
  provisioner: 'docker.io/rancher/local-path-provisioner:v0.0.30',
  busybox: 'docker.io/rancher/mirrored-library-busybox:1.36.1',
  metrics: 'docker.io/rancher/mirrored-metrics-server:v0.9.0',
  balancer: 'docker.io/rancher/klipper-lb:v0.4.13',
  traefik: 'docker.io/rancher/mirrored-library-traefik:3.7.13',
} as const;

/** Debian packages of the load balancer's image, on top of the base. */
export const BALANCER_PACKAGES = ['iptables'] as const;

/** What the images are made of: the path of the part's program, or the folder of the Debian tree that it needs. */
export interface PartInputs {
  /** Null for a part that is no program. */
  readonly program: string | null;
  /** Null for a part that needs none. */
  readonly tree: string | null;
  /** helm, which the jobs of the helm controller run; null for every other part. */
  readonly helm: string | null;
}

const PATH = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };

/**
 * The images of one part.
 * @throws Error when an input is missing that the part is made of
 */
export function partImages(part: K3sPart, { program, tree, helm }: PartInputs): ImageSpec[] {
  const only = (name: string): LayerSource[] => [
    { entries: [{ path: `usr/bin/${name}`, from: needed(program, part) }] },
  ];
  switch (part) {
    case 'helm-controller':
      return [
        {
          references: [REFERENCES.helmJob],
          layers: [
            {
              entries: [
                { path: 'usr/bin/helm', from: needed(helm, part), mode: 0o755 },
                { path: 'usr/bin/klipper-helm', from: needed(program, part), mode: 0o755 },
              ],
            },
          ],
          // a number: the job's pod wants a user who is not root, and the kubelet cannot look names up
          config: {
            entrypoint: ['klipper-helm'],
            env: { ...PATH, HOME: '/home/klipper-helm' },
            user: '1000',
            workingDir: '/home/klipper-helm',
          },
        },
      ];
    case 'local-storage':
      return [
        {
          references: [REFERENCES.provisioner],
          layers: only('local-path-provisioner'),
          config: { entrypoint: ['local-path-provisioner'], env: PATH },
        },
        {
          // the provisioner's helper pod makes and removes a volume's folder by a script
          references: [REFERENCES.busybox],
          layers: [
            { directory: needed(tree, part) },
            baseFiles,
            {
              entries: ['chmod', 'mkdir', 'rm'].map((name) => ({
                path: `usr/bin/${name}`,
                linkTo: 'busybox',
              })),
            },
          ],
          config: { cmd: ['sh'], env: PATH },
        },
      ];
    case 'metrics-server':
      return [
        {
          references: [REFERENCES.metrics],
          layers: only('metrics-server'),
          config: { entrypoint: ['/usr/bin/metrics-server'], env: PATH, user: '65534' },
        },
      ];
    case 'servicelb':
      return [
        {
          references: [REFERENCES.balancer],
          layers: [
            { directory: needed(tree, part) },
            baseFiles,
            {
              entries: [
                { path: 'usr/bin/entry', from: join(import.meta.dirname, 'klipper-lb/entry'), mode: 0o755 },
              ],
            },
          ],
          config: { entrypoint: ['entry'], env: PATH },
        },
      ];
    case 'traefik':
      return [
        {
          references: [REFERENCES.traefik],
          layers: only('traefik'),
          config: {
            entrypoint: ['/usr/bin/traefik'],
            env: PATH,
            exposedPorts: ['80/tcp'],
          },
        },
      ];
  }
}

function needed(input: string | null, part: K3sPart): string {
  if (input === null) throw new Error(`an input of ${part} is missing`);
  return input;
}
