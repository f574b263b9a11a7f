// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

/** A Docker whose client is as one on another machine. */
export interface FarDocker extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  /** Put before a command: it gets process numbers, a network and a host name of its own, as the container of a CI job has them. */
  readonly through: readonly string[];
  docker(...words: readonly string[]): Promise<string>;
}

const NAMESPACES = ['--pid', '--fork', '--kill-child', '--mount-proc', '--uts', '--net'];
const CLIENT = 'hostname laptop; ip link set lo up; exec "$@"';

/** Starts it with its data in a folder; disposing ends it and what it runs. */
export async function startFarDocker(folder: string): Promise<FarDocker> {
  const { argv, socket } = await dockerd(folder);
  const [file = '', ...args] = argv;
  const daemon = execa(file, args, { reject: false, stdio: 'ignore' });
  for (let tries = 0; tries < 400 && !existsSync(socket); tries += 1) await sleep(50);
  const host = `unix://${socket}`;
  return {
    env: { DOCKER_HOST: host, TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE: socket },
    through: ['unshare', ...NAMESPACES, '--', 'bash', '-c', CLIENT, 'bash'],
    async docker(...words) {
      return (await execa('docker', ['-H', host, ...words])).stdout;
    },
    async [Symbol.asyncDispose]() {
      daemon.kill('SIGTERM');
      await daemon;
    },
  };
}

/** A command of a Docker that makes no network and no rule, with all that it keeps in that folder, and its socket. */
export async function dockerd(
  folder: string,
): Promise<{ readonly argv: readonly string[]; readonly socket: string }> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), '{}');
  const socket = join(folder, 'docker.sock');
  const argv = [
    'dockerd',
    `--data-root=${folder}/data`,
    `--exec-root=${folder}/exec`,
    `--pidfile=${folder}/pid`,
    `--config-file=${folder}/config.json`,
    `--host=unix://${socket}`,
    '--bridge=none',
    '--iptables=false',
    '--ip6tables=false',
    '--ip-forward=false',
    '--ip-masq=false',
  ];
  return { argv, socket };
}
