// SPDX-License-Identifier: Apache-2.0
import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { HarnessError } from '../../core/errors.ts';
import { BOOT_LIMIT, type Launcher, launcherSpeech } from '../launcher.ts';
import { identify, killUntilNone } from '../processes.ts';
import { inContainer } from './places.ts';

/**
 * The container's first process: single-threaded, it waits for a line and becomes the agent. Whoever traces it before the
 * line sees everything that the node does. Podman gives a container no cgroup namespace where cgroup v1 is mounted, and the
 * node would make its cgroups in the machine's root: it takes one itself.
 */
export const LAUNCH_COMMAND = [
  'sh',
  '-c',
  `read -r _ && exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
${inContainer.agent} init -own-cgroup-namespace -config ${inContainer.config} </dev/null`,
] as const;

/** Streams of a container that is about to start. */
export interface Attached {
  readonly stdin: NodeJS.WritableStream;
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  readonly ended: Promise<{ readonly exitCode: number | null; readonly signal: string | null }>;
}

/** Takes hold of a container's streams before it starts: nothing that it says is lost. */
export async function attach(docker: Docker, id: string): Promise<Attached> {
  const stream = await docker
    .getContainer(id)
    .attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true });
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  docker.modem.demuxStream(stream, stdout, stderr);
  const ended = new Promise<{ exitCode: null; signal: null }>((resolve) => {
    stream.once('close', () => {
      stdout.end();
      stderr.end();
      resolve({ exitCode: null, signal: null });
    });
    stream.once('end', () => stream.end());
    stream.on('error', () => {}); // `close` follows
  });
  return { stdin: stream, stdout, stderr, ended };
}

/** The waiting launcher of a container that has just started. Throws HarnessError when it does not run. */
export async function launcherOf(
  docker: Docker,
  id: string,
  node: string,
  streams: Attached,
): Promise<Launcher> {
  const said = launcherSpeech(streams, node);
  const container = docker.getContainer(id);
  const { State: state } = await container.inspect();
  const identity = state.Running ? await identify(state.Pid) : null;
  if (identity === null) {
    throw new HarnessError(`node "${node}" did not start: ${state.Error || `exit code ${state.ExitCode}`}`, {
      code: 'harness',
      hint: 'run: npm run airgap -- doctor',
    });
  }
  return {
    identity,
    async go() {
      streams.stdin.write('go\n');
      const line = await said.line(BOOT_LIMIT);
      if (line !== 'ready') throw said.failure();
      streams.stdin.end(); // a node that is kept outlives the harness
    },
    async kill() {
      await container.kill({ signal: 'SIGKILL' }).catch(() => {}); // it has ended by itself
      await container.wait();
      await killUntilNone(async () => ((await identify(identity.pid)) === null ? [] : [identity.pid]));
    },
  };
}
