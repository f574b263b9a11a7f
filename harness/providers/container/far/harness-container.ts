// SPDX-License-Identifier: Apache-2.0
import type Docker from 'dockerode';
import { z } from 'zod';
import { FAR_ENGINE_VARIABLE, type FarEngine } from '../../../core/far-engine.ts';
import { HarnessError, reasonOf } from '../../../core/errors.ts';
import { capabilitiesWithin } from '../capabilities.ts';
import { ignoreMissing, statusOf } from '../docker-errors.ts';
import type { Engine } from '../engine.ts';
import { OUTSIDE_LABEL } from '../labels.ts';
import { type Attached, attach } from '../launcher.ts';

/** Where the volume is in the container, before it becomes the root. */
const ROOT = '/airgap-root';
/** The engine's own socket, in the container. */
const SOCKET = '/run/engine.sock';
/** The same on the engine's machine, and the variable by which users of testcontainers name another one. */
const ENGINE_SOCKET = '/var/run/docker.sock';
const SOCKET_VARIABLE = 'TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE';
/** Where the harness keeps its sessions there: on the volume, which is no overlay. */
export const FAR_STATE_DIR = '/airgap-state';
/** What begins the harness there failed; no command of ours ends with it. */
export const NOT_BEGUN = 125;

/**
 * First process in there: makes the volume the root, with the kernel's own views, trace and cgroups of that machine, and becomes the
 * command. Arguments: the volume, the working folder, the command.
 */
const BEGIN = `set -e
trap 'exit ${NOT_BEGUN}' EXIT
root=$1 folder=$2
shift 2
mount --make-rprivate /
mount -o remount,rw /sys
for name in proc sys dev; do mount --rbind /$name $root/$name; done
mountpoint -q $root/sys/kernel/tracing || mount -t tracefs tracefs $root/sys/kernel/tracing || true
mount -t tmpfs -o mode=755 tmpfs $root/run
: >$root${SOCKET}
mount --bind ${SOCKET} $root${SOCKET}
mkdir -p $root${FAR_STATE_DIR} $root/.outside "$root$folder"
cd $root
pivot_root . .outside
umount -l /.outside
cd "$folder"
exec "$@"`;

export interface HarnessContainer extends AsyncDisposable {
  /** Puts an archive below the root that the harness will have. Before `start`. */
  put(archive: NodeJS.ReadableStream): Promise<void>;
  /** Becomes the command. @returns its streams */
  start(): Promise<Attached>;
  signal(signal: NodeJS.Signals): Promise<void>;
  /** Waits for its end. @returns the exit code */
  ended(): Promise<number>;
  /** After its end: becomes another command on the same root. @returns its exit code */
  again(argv: readonly string[]): Promise<number>;
  /** What is at that path of the harness's root, as an archive whose names begin with the last part of it; null: nothing. */
  get(path: string): Promise<NodeJS.ReadableStream | null>;
}

export interface HarnessContainerOptions {
  /** Session of this command. */
  readonly session: string;
  /** Reference of an image with a shell and mount, which the engine has. */
  readonly image: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly far: Omit<FarEngine, 'root' | 'session'>;
}

/**
 * Makes, and does not start, a container in which the harness will run beside the engine: with every right that the engine gives by
 * name, its machine's process numbers, cgroups and trace, no network, and for a root a volume, so that what the harness mounts into
 * its nodes is where the engine finds it. Disposing removes it, whatever its state. Throws HarnessError (setup).
 */
export async function makeHarnessContainer(
  engine: Engine,
  options: HarnessContainerOptions,
): Promise<HarnessContainer> {
  const { docker } = engine;
  const { session, image, argv, env, cwd } = options;
  const labels = { [OUTSIDE_LABEL]: session };
  await using undo = new AsyncDisposableStack();
  const own = `agr-${session}-harness`;
  await refused(engine, 'a volume', docker.createVolume({ Name: own, Labels: labels }));
  const volume = docker.getVolume(own);
  undo.defer(async () => await volume.remove({ force: true }).catch(ignoreMissing));
  const { Mountpoint: root } = await volume.inspect();
  const far: FarEngine = { ...options.far, session, root };
  const variables = { ...env, [FAR_ENGINE_VARIABLE]: JSON.stringify(far), DOCKER_HOST: `unix://${SOCKET}` };
  const rights = engine.privilegedIsWithinItsOwn
    ? { Privileged: true }
    : {
        CapAdd: capabilitiesWithin(
          await refused(engine, 'a container', statusOfFirst(docker, image, labels)),
        ),
        CapDrop: ['ALL'],
      };
  let owner: AsyncDisposableStack = undo;
  const make = async (name: string, command: readonly string[]): Promise<Docker.Container> => {
    const made = docker.createContainer({
      name,
      Image: image,
      Labels: labels,
      Cmd: ['sh', '-c', BEGIN, 'sh', ROOT, cwd, ...command],
      Env: Object.entries(variables).map((pair) => pair.join('=')),
      // Ends the harness in order when this command is gone.
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
      HostConfig: { ...rights, ...hostConfig(own) },
    });
    const container = await refused(engine, 'a container for the harness', made);
    owner.defer(async () => await container.remove({ force: true, v: true }).catch(ignoreMissing));
    return container;
  };
  const container = await make(own, argv);
  owner = undo.move();
  return {
    put: async (archive) => void (await container.putArchive(archive, { path: ROOT })),
    async start() {
      const streams = await attach(docker, container.id);
      await refused(engine, 'the container of the harness', container.start());
      return streams;
    },
    signal: async (signal) => void (await container.kill({ signal }).catch(ignoreEnded)),
    ended: async () => await endOf(container),
    async again(command) {
      const next = await make(`${own}-again`, command);
      await next.start();
      return await endOf(next);
    },
    get: async (path) =>
      await container.getArchive({ path: `${ROOT}${path}` }).catch((error: unknown) => {
        ignoreMissing(error);
        return null;
      }),
    [Symbol.asyncDispose]: async () => await owner.disposeAsync(),
  };
}

async function endOf(container: Docker.Container): Promise<number> {
  return endSchema.parse(await container.wait()).StatusCode;
}

const endSchema = z.object({ StatusCode: z.number() });

interface HostConfig extends Docker.HostConfig {
  readonly MaskedPaths: string[];
  readonly ReadonlyPaths: string[];
  readonly CgroupnsMode: 'host';
}

const UNCONFINED = ['seccomp=unconfined', 'apparmor=unconfined', 'label=disable'];

function hostConfig(volume: string): HostConfig {
  return {
    SecurityOpt: UNCONFINED,
    MaskedPaths: [],
    ReadonlyPaths: [],
    DeviceCgroupRules: ['a *:* rwm'],
    PidMode: 'host',
    CgroupnsMode: 'host',
    NetworkMode: 'none',
    LogConfig: { Type: 'none', Config: {} },
    Mounts: [
      { Type: 'volume', Source: volume, Target: ROOT },
      { Type: 'bind', Source: process.env[SOCKET_VARIABLE] || ENGINE_SOCKET, Target: SOCKET },
      { Type: 'bind', Source: '/sys/fs/cgroup', Target: '/sys/fs/cgroup' },
    ],
  };
}

/** /proc/1/status of the engine's machine: its first process has every capability that there is to give. */
async function statusOfFirst(docker: Docker, image: string, labels: Record<string, string>): Promise<string> {
  const container = await docker.createContainer({
    Image: image,
    Labels: labels,
    Cmd: ['cat', '/proc/1/status'],
    HostConfig: {
      SecurityOpt: UNCONFINED,
      PidMode: 'host',
      NetworkMode: 'none',
      CapDrop: ['ALL'],
      LogConfig: { Type: 'none', Config: {} },
    },
  });
  try {
    const { stdout, ended } = await attach(docker, container.id);
    let text = '';
    stdout.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    await container.start();
    await ended;
    return text;
  } finally {
    await container.remove({ force: true }).catch(ignoreMissing);
  }
}

async function refused<T>(engine: Engine, what: string, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    throw new HarnessError(`the engine at ${engine.host} does not make ${what}: ${reasonOf(error)}`, {
      code: 'setup',
      hint: `let the engine’s user mount its socket (of another path than ${ENGINE_SOCKET}: set ${SOCKET_VARIABLE}), cgroups and process numbers; or use --provider netns or vm`,
      cause: error,
    });
  }
}

/** What has ended hears no signal. */
function ignoreEnded(error: unknown): void {
  if (statusOf(error) !== 409) ignoreMissing(error);
}
