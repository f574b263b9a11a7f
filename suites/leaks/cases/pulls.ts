// SPDX-License-Identifier: Apache-2.0
import type { Draw } from '../draw.ts';
import { hostPort, toAddress, toName } from '../reach.ts';
import type { ExpectedSource, PlantedChart, PlantedNode, Reach } from '../types.ts';

/** What the node itself asks for, because of an object of the bundle. */
export interface NodeCase {
  readonly id: string;
  readonly sentinel?: boolean;
  /** It needs the CoreDNS image of the platform. */
  readonly coredns?: boolean;
  readonly plant: (
    draw: Draw,
    bundle: {
      readonly namespace: string;
      readonly image: string;
      readonly command: readonly string[];
      readonly coredns: string | null;
      readonly profile: string;
    },
  ) => {
    readonly objects: readonly object[];
    readonly chart?: PlantedChart;
    readonly reaches: readonly Reach[];
    readonly source: ExpectedSource;
    /** What else is asked for, by others. */
    readonly others?: readonly { readonly reaches: readonly Reach[]; readonly source: ExpectedSource }[];
    readonly node?: PlantedNode;
  };
}

/** K3s runs all of them in one process, or containerd in one of its own. */
const NODE_PROGRAM = '(?:^|/)(?:k3s|containerd)$';

export const nodeCases: readonly NodeCase[] = [
  {
    id: 'image that is not in the bundle, registry by name',
    sentinel: true,
    plant: (draw, { namespace, profile }) => {
      const registry = draw.host();
      const reach = ofNodeTo(registry, 'image-pull', profile);
      return pulls(draw, namespace, `${registry}/${draw.word()}:1.0`, reach);
    },
  },
  {
    id: 'image that is not in the bundle, registry by address',
    plant: (draw, { namespace }) => {
      const [address, port] = [draw.address4(), draw.port()];
      const image = `${hostPort(address, port)}/${draw.word()}:1.0`;
      return pulls(draw, namespace, image, toAddress('tcp', address, port, 'image-pull'));
    },
  },
  {
    id: 'image by digest',
    plant: (draw, { namespace, profile }) => {
      const registry = draw.host();
      const image = `${registry}/${draw.word()}@sha256:${'3b'.repeat(32)}`;
      return pulls(draw, namespace, image, ofNodeTo(registry, 'image-pull', profile));
    },
  },
  {
    id: 'probe of the kubelet to a host outside',
    plant: (draw, { namespace, image, command }) => {
      const [name, address, port] = [draw.word(), draw.address4(), draw.port()];
      const container = {
        name: 'main',
        image,
        imagePullPolicy: 'IfNotPresent',
        command: [...command, 'pause'],
        livenessProbe: { tcpSocket: { host: address, port }, timeoutSeconds: 1, failureThreshold: 1000 },
      };
      return {
        objects: [podOf(name, namespace, container)],
        reaches: [toAddress('tcp', address, port)],
        source: ofNode(),
      };
    },
  },
  {
    id: 'webhook of the API server by URL',
    plant: (draw, { profile }) => {
      const host = draw.host();
      const name = draw.word();
      return {
        objects: [
          {
            apiVersion: 'admissionregistration.k8s.io/v1',
            kind: 'ValidatingWebhookConfiguration',
            metadata: { name },
            webhooks: [
              {
                name: `${name}.check.example`,
                admissionReviewVersions: ['v1'],
                sideEffects: 'None',
                failurePolicy: 'Ignore',
                timeoutSeconds: 1,
                clientConfig: { url: `https://${host}/check` },
                rules: [
                  { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['events'] },
                ],
              },
            ],
          },
        ],
        reaches: [ofNodeTo(host, 'unknown-name', profile)],
        source: ofNode(),
      };
    },
  },
  {
    id: 'step of the installer: a chart with a remote schema',
    plant: (draw, { profile }) => {
      const [name, host] = [draw.word(), draw.host()];
      const chart = {
        name,
        files: {
          'Chart.yaml': JSON.stringify({ apiVersion: 'v2', name, version: '1.0.0' }),
          'values.schema.json': JSON.stringify({ $ref: `https://${host}/values.json` }),
          'templates/nothing.yaml': '',
        },
      };
      const source = { ...ofNode(), exe: '(?:^|/)helm$' };
      return { objects: [], chart, reaches: [ofNodeTo(host, 'schema-download', profile)], source };
    },
  },
  {
    id: 'CoreDNS with a forwarder outside: its loop probe',
    coredns: true,
    plant: (draw, { namespace, coredns }) => {
      const [name, server] = [draw.word(), draw.address4()];
      const image = coredns ?? '';
      const labels = { app: name };
      const volume = { name: 'config', configMap: { name } };
      const container = {
        name: 'dns',
        image,
        imagePullPolicy: 'IfNotPresent',
        args: ['-conf', '/config/Corefile'],
        volumeMounts: [{ name: 'config', mountPath: '/config' }],
      };
      const spec = { terminationGracePeriodSeconds: 0, containers: [container], volumes: [volume] };
      return {
        objects: [
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name, namespace },
            data: { Corefile: `.:1053 {\n  errors\n  loop\n  forward . ${server}\n}\n` },
          },
          {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            metadata: { name, namespace },
            spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
          },
        ],
        reaches: [toAddress('udp', server, 53, 'dns-server')],
        source: {
          namespace,
          owner: `Deployment/${name}`,
          pod: `^${namespace}/${name}-[a-z0-9-]+$`,
          container: 'dns',
          image,
          exe: '(?:^|/)coredns$',
        },
      };
    },
  },
];

/** Where the site has a proxy, the node's own programs leave a name to it and ask for a connection. */
export function ofNodeTo(host: string, className: string, profile: string): Reach {
  const name = toName(host, className);
  return profile === 'proxy' ? { ...name, protocol: 'tcp', port: 443 } : name;
}

export function pulls(
  draw: Draw,
  namespace: string,
  image: string,
  reach: Reach,
): ReturnType<NodeCase['plant']> {
  const name = draw.word();
  return {
    objects: [podOf(name, namespace, { name: 'wanted', image, imagePullPolicy: 'IfNotPresent' })],
    reaches: [reach],
    source: {
      namespace,
      owner: `Pod/${name}`,
      pod: `^${namespace}/${name}$`,
      container: 'wanted',
      image,
      exe: NODE_PROGRAM,
    },
  };
}

function podOf(name: string, namespace: string, container: object): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: { terminationGracePeriodSeconds: 0, containers: [container] },
  };
}

export function ofNode(): ExpectedSource {
  return { namespace: null, owner: null, pod: null, container: null, image: null, exe: NODE_PROGRAM };
}
