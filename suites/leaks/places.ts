// SPDX-License-Identifier: Apache-2.0

/** A container to be put somewhere: it holds the case's program. */
export interface Spot {
  /** Unique; names the objects. */
  readonly name: string;
  readonly namespace: string;
  readonly container: Readonly<Record<string, unknown>> & { readonly name: string };
  /** Fields of its pod. */
  readonly pod: Readonly<Record<string, unknown>>;
  /** A container of the same image with other arguments of leak-maker. */
  readonly helper: (name: string, ...argv: readonly string[]) => Readonly<Record<string, unknown>>;
}

/** What was put there, and who that makes of it. */
export interface Stand {
  readonly objects: readonly object[];
  /** `Kind/name`; null: not to be known. */
  readonly owner: string | null;
  /** Pattern of `namespace/name` of its pods; null: none. */
  readonly pod: string | null;
  /** `Kind/name` that must be named as a candidate, where the owner is not to be known. */
  readonly candidate?: string;
  /** A check of the bundle that does it, instead of a container. */
  readonly check?: object;
  /** Pattern of the executable, where it is not the container's. */
  readonly exe?: string;
}

/** Account of what acts as a controller. */
export const CONTROLLER = 'controller';
/** Where the kubelet reads static pods. */
const STATIC = '/var/lib/rancher/k3s/agent/pod-manifests';
/** The only node's name (harness/plan/plan.ts). */
const NODE = 'n1';

type Place = (spot: Spot) => Stand;

/** Where a workload can stand. */
export const PLACES: Readonly<Record<string, Place>> = {
  pod: (spot) => job(spot, { containers: [spot.container] }),
  'host-network': (spot) =>
    job(spot, { hostNetwork: true, dnsPolicy: 'Default', containers: [spot.container] }),
  'host-frame': (spot) => ({
    ...job(spot, { hostNetwork: true, containers: [spot.container] }),
    owner: null,
    pod: null,
    candidate: `Job/${spot.name}`,
  }),
  node(spot) {
    const { command } = spot.container;
    const [, ...argv] = command as readonly string[];
    const placing = spot.helper('place', 'place-self', `/programs/${spot.name}`);
    const mount = { volumeMounts: [{ name: 'programs', mountPath: '/programs' }] };
    const { objects } = job(spot, {
      containers: [{ ...placing, ...mount }],
      volumes: [{ name: 'programs', hostPath: { path: '/opt', type: 'DirectoryOrCreate' } }],
    });
    const run = [`/opt/${spot.name}`, ...argv];
    const check = { id: `corpus-${spot.name}`, title: `corpus: ${spot.name}`, command: { run } };
    return { objects, owner: null, pod: null, check, exe: `^/opt/${spot.name}$` };
  },
  init: (spot) => job(spot, { initContainers: [spot.container], containers: [ends(spot)] }),
  sidecar: (spot) =>
    job(spot, {
      initContainers: [{ ...staying(spot.container), restartPolicy: 'Always' }],
      containers: [spot.helper('main', '-after', '3s', 'nothing')],
    }),
  ephemeral(spot) {
    const target = `${spot.name}-target`;
    const pod = podObject(target, spot, { containers: [spot.helper('main', 'pause')] });
    const { resources: _, ...container } = spot.container;
    const path = `/api/v1/namespaces/${spot.namespace}/pods/${target}/ephemeralcontainers`;
    const body = JSON.stringify({ spec: { ephemeralContainers: [container] } });
    const controller = acts(spot, 'kube', 'PATCH', path, body);
    return { objects: [pod, ...controller.objects], owner: `Pod/${target}`, pod: exactly(spot, target) };
  },
  'cron-job': (spot) => ({
    objects: [
      {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: meta(spot.name, spot),
        spec: {
          schedule: '0 0 1 1 *',
          jobTemplate: {
            spec: {
              backoffLimit: 0,
              template: { spec: { ...spot.pod, restartPolicy: 'Never', containers: [spot.container] } },
            },
          },
        },
      },
    ],
    owner: `CronJob/${spot.name}`,
    pod: startingWith(spot, spot.name),
  }),
  'made-job'(spot) {
    const made = `${spot.name}-made`;
    const body = jobObject(made, spot, { containers: [spot.container] });
    const path = `/apis/batch/v1/namespaces/${spot.namespace}/jobs`;
    return {
      objects: acts(spot, 'kube', 'POST', path, JSON.stringify(body)).objects,
      owner: `Job/${made}`,
      pod: startingWith(spot, made),
    };
  },
  vanishing(spot) {
    const { command, ...container } = spot.container;
    const [program, ...argv] = command as readonly string[];
    const field = (name: string, fieldPath: string): object => ({
      name,
      valueFrom: { fieldRef: { fieldPath } },
    });
    const env = [field('POD_NAME', 'metadata.name'), field('POD_NAMESPACE', 'metadata.namespace')];
    const vanishing = { ...container, command: [program, 'vanish', ...argv], env };
    return {
      objects: [podObject(spot.name, spot, { serviceAccountName: CONTROLLER, containers: [vanishing] })],
      owner: `Pod/${spot.name}`,
      pod: exactly(spot, spot.name),
    };
  },
  exec(spot) {
    const target = `${spot.name}-target`;
    const { name, command } = spot.container;
    const pod = podObject(target, spot, { containers: [spot.helper(name, 'pause')] });
    const words = command as readonly string[];
    const controller = acts(spot, 'kube-exec', spot.namespace, target, name, ...words);
    return { objects: [pod, ...controller.objects], owner: `Pod/${target}`, pod: exactly(spot, target) };
  },
  'post-start': (spot) =>
    deployment(spot, 'Deployment', {
      containers: [
        {
          ...spot.helper(spot.container.name, 'pause'),
          lifecycle: { postStart: { exec: { command: spot.container['command'] } } },
        },
      ],
    }),
  'exec-probe': (spot) =>
    deployment(spot, 'Deployment', {
      containers: [
        {
          ...spot.helper(spot.container.name, 'pause'),
          startupProbe: { exec: { command: spot.container['command'] }, timeoutSeconds: 10 },
        },
      ],
    }),
  'daemon-set': (spot) =>
    deployment(spot, 'DaemonSet', { initContainers: [spot.container], containers: [stays(spot)] }),
  'stateful-set': (spot) =>
    deployment(spot, 'StatefulSet', { initContainers: [spot.container], containers: [stays(spot)] }),
  deployment: (spot) =>
    deployment(
      spot,
      'Deployment',
      { initContainers: [spot.container], containers: [stays(spot)] },
      { replicas: 2 },
    ),
  'bare-pod': (spot) => ({
    objects: [podObject(spot.name, spot, { restartPolicy: 'Never', containers: [spot.container] })],
    owner: `Pod/${spot.name}`,
    pod: exactly(spot, spot.name),
  }),
  'static-pod'(spot) {
    const pod = podObject(spot.name, spot, { restartPolicy: 'Never', containers: [spot.container] });
    const placing = spot.helper('place', 'place-file', `/manifests/${spot.name}.yaml`, JSON.stringify(pod));
    const mount = { volumeMounts: [{ name: 'manifests', mountPath: '/manifests' }] };
    const { objects } = job(
      { ...spot, name: `${spot.name}-place` },
      {
        containers: [{ ...placing, ...mount }],
        volumes: [{ name: 'manifests', hostPath: { path: STATIC, type: 'Directory' } }],
      },
    );
    const mirror = `${spot.name}-${NODE}`;
    return { objects, owner: `Pod/${mirror}`, pod: exactly(spot, mirror) };
  },
};

/** The same with a program that does not end by itself. */
function staying(container: Spot['container']): Spot['container'] {
  const [program = '', ...argv] = container['command'] as readonly string[];
  return { ...container, command: [program, '-stay', ...argv] };
}

/** A Job, whose pod is made once. */
export function job(spot: Spot, pod: object): Stand {
  return {
    objects: [jobObject(spot.name, spot, pod)],
    owner: `Job/${spot.name}`,
    pod: startingWith(spot, spot.name),
  };
}

function jobObject(name: string, spot: Spot, pod: object): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: meta(name, spot),
    spec: {
      backoffLimit: 0,
      template: { spec: { ...QUICK, ...spot.pod, restartPolicy: 'Never', ...pod } },
    },
  };
}

/** A pod with the rights of a controller, acting by the API server. */
function acts(spot: Spot, ...argv: readonly string[]): Stand {
  return job(
    { ...spot, name: `${spot.name}-acts` },
    {
      serviceAccountName: CONTROLLER,
      automountServiceAccountToken: true,
      containers: [spot.helper('acts', ...argv)],
    },
  );
}

function deployment(spot: Spot, kind: string, pod: object, more: object = {}): Stand {
  const labels = { app: spot.name };
  return {
    objects: [
      {
        apiVersion: 'apps/v1',
        kind,
        metadata: meta(spot.name, spot),
        spec: {
          ...more,
          ...(kind === 'StatefulSet' ? { serviceName: spot.name } : {}),
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { ...QUICK, ...spot.pod, ...pod } },
        },
      },
    ],
    owner: `${kind}/${spot.name}`,
    pod: startingWith(spot, spot.name),
  };
}

function podObject(name: string, spot: Spot, pod: object): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: meta(name, spot),
    spec: { ...QUICK, ...spot.pod, ...pod },
  };
}

const QUICK = { terminationGracePeriodSeconds: 0, enableServiceLinks: false } as const;

function stays(spot: Spot): object {
  return spot.helper('main', 'pause');
}

function ends(spot: Spot): object {
  return spot.helper('main', 'nothing');
}

function meta(name: string, { namespace }: Spot): object {
  return { name, namespace };
}

function exactly({ namespace }: Spot, pod: string): string {
  return `^${namespace}/${pod}$`;
}

function startingWith({ namespace }: Spot, name: string): string {
  return `^${namespace}/${name}-[a-z0-9-]+$`;
}
