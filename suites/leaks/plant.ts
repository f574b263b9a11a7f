// SPDX-License-Identifier: Apache-2.0
import type { ContainerDefaults } from '../../infra/images/image-spec.ts';
import { LEAK_TOOLS } from '../../infra/setup/leak-tools.ts';
import { credentialHelper } from './cases/credential-helper.ts';
import { endpointCases } from './cases/endpoints.ts';
import { nodeCases as pullCases } from './cases/pulls.ts';
import { nameCases } from './cases/names.ts';
import { placeCases } from './cases/places.ts';
import { processCases } from './cases/processes.ts';
import { protocolCases } from './cases/protocols.ts';
import { type Inside, quietCases } from './cases/quiet.ts';
import { socketCases } from './cases/sockets.ts';
import { toolCases } from './cases/tools.ts';
import type { Draw } from './draw.ts';
import { CONTROLLER, job, PLACES, type Spot } from './places.ts';
import type {
  Expected,
  ExpectedSource,
  LeakCase,
  Planted,
  PlantedChart,
  PlantedNode,
  Reach,
  Rights,
} from './types.ts';

/** Every workload that calls out by a program of its own. */
export const leakCases: readonly LeakCase[] = [
  ...socketCases,
  ...nameCases,
  ...protocolCases,
  ...processCases,
  ...placeCases,
];
/** What the node itself asks for, and passes on. */
export const nodeCases = [...pullCases, credentialHelper, ...endpointCases];
export { quietCases, toolCases };

/** Containers of one pod: enough to confuse whoever guesses, few enough to start soon. */
const TOGETHER = 6;
const RESOURCES = { requests: { cpu: '1m', memory: '4Mi' }, limits: { memory: '96Mi' } } as const;

/** Of Node, Python and Java's kind. */
const AMPLE = { resources: { requests: { cpu: '1m', memory: '4Mi' }, limits: { memory: '768Mi' } } };

/** An image of a run: its reference, and where leak-maker lies in it. */
export interface PlantedImage {
  readonly reference: string;
  readonly programs: Readonly<Record<'maker' | 'maker32', string>>;
  readonly config: ContainerDefaults;
}

/** Draws names of images and paths. */
export function drawImages(draw: Draw): readonly PlantedImage[] {
  return [1, 2, 3].map((number) => ({
    reference: `${draw.word()}.example/${draw.word()}/${draw.word()}:${number}.0`,
    programs: {
      maker: `/opt/${draw.word()}/bin/${draw.word()}`,
      maker32: `/opt/${draw.word()}/lib32/${draw.word()}`,
    },
    config: {},
  }));
}

/** Which cases to plant. */
export interface Selection {
  readonly leaks: readonly LeakCase[];
  readonly quiet: readonly (typeof quietCases)[number][];
  readonly node: readonly (typeof nodeCases)[number][];
  readonly tools: readonly (typeof toolCases)[number][];
  /** The CoreDNS image that the Kubernetes of the run brings; null: not known. */
  readonly coredns: string | null;
  /** The kind of gap: what must be reported may differ with it. */
  readonly profile: string;
}

/** All objects of a bundle with these cases, and what a report of it must say. Cases of ordinary pods share pods. */
export function plant(selection: Selection, draw: Draw, images: readonly PlantedImage[]): Planted {
  const planting = new Planting(draw, images, selection.profile);
  const shared = selection.leaks.filter(({ place, alone }) => place === 'pod' && alone !== true);
  const single = selection.leaks.filter((one) => !shared.includes(one));
  for (let at = 0; at < shared.length; at += TOGETHER) planting.together(shared.slice(at, at + TOGETHER));
  for (const one of single) planting.single(one);
  for (const one of selection.node) planting.byNode(one, selection);
  planting.tools(selection.tools);
  planting.quiet(selection.quiet);
  return planting.all();
}

class Planting {
  readonly #draw: Draw;
  readonly #images: readonly PlantedImage[];
  readonly #profile: string;
  readonly #namespace: string;
  readonly #objects: object[] = [];
  readonly #expected: Expected[] = [];
  readonly #checks: object[] = [];
  readonly #charts: PlantedChart[] = [];
  readonly #nodes: PlantedNode[] = [];
  readonly #secrets: string[] = [];
  #next = 0;

  constructor(draw: Draw, images: readonly PlantedImage[], profile: string) {
    this.#draw = draw;
    this.#profile = profile;
    this.#images = images;
    this.#namespace = draw.word();
    const subject = { kind: 'ServiceAccount', name: CONTROLLER, namespace: this.#namespace };
    const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
    this.#objects.push(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.#namespace } },
      {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: CONTROLLER, namespace: this.#namespace },
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: this.#namespace },
        roleRef: role,
        subjects: [subject],
      },
    );
  }

  all(): Planted {
    return {
      objects: this.#objects,
      checks: this.#checks,
      charts: this.#charts,
      nodes: this.#nodes,
      expected: this.#expected,
      secrets: this.#secrets,
    };
  }

  /** Containers of one Job's pod. */
  together(cases: readonly LeakCase[]): void {
    const made = cases.map((one) => this.#container(one));
    const spot = this.#spot(made[0]?.image ?? this.#image(), { name: 'main' });
    const stand = job(spot, { containers: made.map(({ container }) => container) });
    this.#objects.push(...stand.objects);
    for (const one of made) this.#expect(one, stand);
  }

  single(one: LeakCase): void {
    const made = this.#container(one);
    const place = PLACES[one.place];
    if (place === undefined) throw new Error(`case "${one.id}" stands in "${one.place}", which is no place`);
    const stand = place({ ...this.#spot(made.image, made.container), pod: made.deed.pod ?? {} });
    this.#objects.push(...stand.objects);
    if (stand.check !== undefined) this.#checks.push(stand.check);
    this.#expect(made, stand);
  }

  byNode(one: (typeof nodeCases)[number], { coredns, profile }: Selection): void {
    const image = this.#image();
    const {
      objects,
      chart,
      node,
      reaches,
      source,
      others = [],
    } = one.plant(this.#draw, {
      namespace: this.#namespace,
      image: image.reference,
      command: [image.programs.maker],
      coredns,
      profile,
    });
    this.#objects.push(...objects);
    if (chart !== undefined) this.#charts.push(chart);
    if (node !== undefined) this.#nodes.push(node);
    for (const part of [{ source, reaches }, ...others]) this.#want(one.id, part.source, part.reaches);
  }

  /** Real programs, some in each pod. */
  tools(cases: Selection['tools']): void {
    const image = { reference: LEAK_TOOLS, programs: { maker: '/bin/sh', maker32: '/bin/sh' }, config: {} };
    const alone = cases.filter((one) => one.alone === true);
    const together = cases.filter((one) => one.alone !== true);
    for (const group of [...alone.map((one) => [one]), ...inGroups(together)]) {
      const runs = group.map((one) => {
        const drawn = one.run(this.#draw);
        const command = ['/bin/sh', '-c', `${drawn.script}; true`];
        return { one, drawn, container: { ...containerOf(this.#draw.word(), image, command), ...AMPLE } };
      });
      const stand = job(this.#spot(image, { name: 'main' }), {
        containers: runs.map(({ container }) => container),
      });
      this.#objects.push(...stand.objects);
      for (const { one, drawn, container } of runs) {
        const { owner, pod } = stand;
        const source: ExpectedSource = {
          namespace: this.#namespace,
          owner,
          pod,
          container: container.name,
          image: LEAK_TOOLS,
          exe: drawn.exe,
        };
        this.#secrets.push(...(drawn.secrets ?? []));
        this.#want(one.id, source, drawn.reaches, drawn.follows);
      }
    }
  }

  /** A server inside, and those that use it. Nothing is expected of them. */
  quiet(cases: Selection['quiet']): void {
    if (cases.length === 0) return;
    const image = this.#image();
    const inside: Inside = {
      namespace: this.#namespace,
      service: this.#draw.word(),
      headless: this.#draw.word(),
      tcp: 8080,
      udp: 8081,
      nodePort: 30_000 + (this.#draw.port() % 2000),
    };
    this.#objects.push(...serverObjects(inside, this.#spot(image, { name: 'server' })));
    const single = cases.filter(({ place, alone }) => place !== 'pod' || alone === true);
    const shared = cases.filter((one) => !single.includes(one));
    const groups = [...single.map((one) => [one]), ...inGroups(shared)];
    for (const group of groups) {
      const runs = group.map((one) => {
        const { argv, pod } = one.run(inside, this.#draw);
        const command = [image.programs.maker, ...argv];
        return { pod, container: containerOf(this.#draw.word(), image, command, one.rights) };
      });
      const isHost = group[0]?.place === 'host-network';
      const spot = this.#spot(image, { name: 'main' });
      const pod = { ...(isHost ? { hostNetwork: true } : {}), ...runs[0]?.pod };
      this.#objects.push(
        ...job(spot, { ...pod, containers: runs.map(({ container }) => container) }).objects,
      );
    }
  }

  #container(one: LeakCase): Made {
    const image = this.#image();
    const exe = image.programs[one.program ?? 'maker'];
    const deed = one.deed(this.#draw);
    this.#secrets.push(...(deed.secrets ?? []));
    const env = Object.entries(deed.env ?? {}).map(([name, value]) => ({ name, value }));
    const container = {
      ...containerOf(this.#draw.word(), image, [exe, ...deed.argv], one.rights),
      ...(env.length === 0 ? {} : { env }),
    };
    return { one, image, deed, container, exe };
  }

  #expect({ one, image, deed, container, exe }: Made, stand: ReturnType<typeof job>): void {
    const isKnown = stand.owner !== null;
    const isFrame = one.process === 'unknown';
    const pattern = typeof one.process === 'object' ? one.process.pattern : `^${exe}$`;
    const source: ExpectedSource = {
      namespace: isKnown ? this.#namespace : null,
      owner: stand.owner,
      pod: stand.pod,
      container: isKnown ? container.name : null,
      image: isKnown ? image.reference : null,
      exe: isFrame ? null : (stand.exe ?? pattern),
      ...(stand.candidate === undefined ? {} : { candidate: `${this.#namespace}/${stand.candidate}` }),
    };
    this.#want(one.id, source, deed.reaches, deed.follows);
  }

  #want(
    caseId: string,
    source: ExpectedSource,
    reaches: readonly Reach[],
    follows: readonly Reach[] = [],
  ): void {
    for (const reach of reaches)
      this.#expected.push({ caseId, reach: this.#heard(reach), source, optional: false });
    for (const reach of follows)
      this.#expected.push({ caseId, reach: this.#heard(reach), source, optional: true });
  }

  #heard({ said, ...reach }: Reach): Reach {
    return said === undefined || this.#profile !== 'trap' ? reach : { ...reach, ...said };
  }

  #spot(image: PlantedImage, container: Spot['container']): Spot {
    return {
      name: this.#draw.word(),
      namespace: this.#namespace,
      container,
      pod: {},
      helper: (name, ...argv) => containerOf(name, image, [image.programs.maker, ...argv]),
    };
  }

  /** One after the other. */
  #image(): PlantedImage {
    const image = this.#images[this.#next % this.#images.length];
    this.#next += 1;
    if (image === undefined) throw new Error('a corpus needs an image');
    return image;
  }
}

interface Made {
  readonly one: LeakCase;
  readonly image: PlantedImage;
  readonly deed: ReturnType<LeakCase['deed']>;
  readonly container: Spot['container'];
  readonly exe: string;
}

function containerOf(
  name: string,
  image: PlantedImage,
  command: readonly string[],
  rights: Rights = {},
): Spot['container'] {
  const { capabilities = [], privileged = false } = rights;
  return {
    name,
    image: image.reference,
    imagePullPolicy: 'IfNotPresent',
    command,
    resources: RESOURCES,
    securityContext: privileged
      ? { privileged: true }
      : { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'], add: capabilities } },
  };
}

function inGroups<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / TOGETHER) }, (_, index) =>
    items.slice(index * TOGETHER, (index + 1) * TOGETHER),
  );
}

function serverObjects(inside: Inside, spot: Spot): object[] {
  const { namespace, service, headless, tcp, udp, nodePort } = inside;
  const labels = { app: service };
  const port = { name: 'http', port: tcp };
  const probe = { tcpSocket: { port: tcp }, periodSeconds: 2 };
  const server = { ...spot.helper('server', 'serve', String(tcp), String(udp)), readinessProbe: probe };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: service, namespace },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { terminationGracePeriodSeconds: 0, containers: [server] },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: service, namespace },
      spec: {
        type: 'NodePort',
        selector: labels,
        ports: [
          { ...port, nodePort },
          { name: 'echo', port: udp, protocol: 'UDP' },
        ],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: headless, namespace },
      spec: { clusterIP: 'None', selector: labels, ports: [port] },
    },
  ];
}
