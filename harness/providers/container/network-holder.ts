// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { HarnessError, reasonOf } from '../../core/errors.ts';
import { bind } from './host-config.ts';
import { LabelledContainer } from './labelled-container.ts';
import type { Ulimit } from './ulimits.ts';

export interface HolderOptions {
  readonly image: string;
  readonly name: string;
  /** Session id. */
  readonly session: string;
  /** Path of airgap-node on this machine. */
  readonly agent: string;
  readonly network: string;
  readonly ulimits: readonly Ulimit[];
}

export interface NetworkHolder {
  readonly id: string;
  /** Process number on this machine. */
  readonly pid: number;
}

const PROGRAM = '/airgap-node';

/**
 * Starts a container that does nothing but hold a node's network namespace, so that link, captures and name outlive a reboot
 * of the node. Throws HarnessError (setup) where its process is none of this machine.
 */
export async function startNetworkHolder(docker: Docker, options: HolderOptions): Promise<NetworkHolder> {
  const { image, name, session, agent, network, ulimits } = options;
  const container = new LabelledContainer({
    image,
    name,
    session,
    command: [PROGRAM, 'pause'],
    env: { [MARK]: name },
    network,
    hostConfig: {
      CapDrop: ['ALL'],
      ReadonlyRootfs: true,
      Ulimits: [...ulimits],
      LogConfig: { Type: 'none', Config: {} },
      Mounts: [bind(agent, PROGRAM)],
    },
  });
  const id = await container.start().then(
    (started) => started.getId(),
    (error: unknown) => {
      throw new HarnessError(`the container "${name}" does not start: ${reasonOf(error)}`, {
        code: 'setup',
        hint: 'run: npm run airgap -- doctor',
        cause: error,
      });
    },
  );
  const { State: state } = await docker.getContainer(id).inspect();
  if (await isOurs(state.Pid, name)) return { id, pid: state.Pid };
  throw new HarnessError(
    `the container engine does not run among this machine’s processes, though it has the same kernel and host name: process ${state.Pid} of ` +
      `container "${name}" is not one of this machine, so no link can lead from it into the sink`,
    { code: 'setup', hint: 'use an engine of this machine (unset DOCKER_HOST), or --provider netns or vm' },
  );
}

/** In the holder's environment: a process with that number and this mark is the container's, and no other. */
const MARK = 'AIRGAP_HOLDER';
/** Milliseconds; a busy machine takes some tens to execute a program. */
const MARK_LIMIT = 3000;

/** An engine may say "started" a moment before the runtime's own process has become the program: it is looked at again. */
async function isOurs(pid: number, name: string): Promise<boolean> {
  for (const deadline = performance.now() + MARK_LIMIT; performance.now() < deadline; await sleep(10)) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (environment.split('\0').includes(`${MARK}=${name}`)) return true;
  }
  return false;
}
