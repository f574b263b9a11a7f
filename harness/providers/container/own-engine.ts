// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HarnessError, reasonOf } from '../../core/errors.ts';
import { errnoOf } from '../../core/errors.ts';
import { identify } from '../processes.ts';
import type { OwnEngine } from './engine-hosts.ts';

/** Milliseconds; measured 0.3 s with an empty data folder. */
const START_LIMIT = 30_000;

/**
 * Starts a Docker of the harness's own and waits until `answers` says that it does. It makes no bridge and no rule, it
 * forwards nothing, its data are its own; it outlives the harness, so that the next run finds its images. Two that start
 * it at once get the same one.
 *
 * @throws HarnessError (setup) when Docker is not installed or does not come up
 */
export async function startOwnEngine(engine: OwnEngine, answers: () => Promise<boolean>): Promise<void> {
  await mkdir(engine.run, { recursive: true, mode: 0o700 });
  await mkdir(engine.data, { recursive: true, mode: 0o700 });
  const config = join(engine.run, 'daemon.json');
  await writeFile(config, '{}\n'); // not the machine's /etc/docker/daemon.json
  const logFile = join(engine.run, 'dockerd.log');
  const log = await open(logFile, 'w', 0o600);
  const child = spawn('dockerd', argumentsOf(engine, config), {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  const failed = new Promise<unknown>((resolve) => child.once('error', resolve));
  child.unref();
  await log.close();
  const missing = await Promise.race([failed, sleep(100, null)]);
  if (missing !== null) throw notStarted(reasonOf(missing));
  for (const deadline = performance.now() + START_LIMIT; !(await answers()); ) {
    // One that ends may have lost a race with another: that one answers soon.
    if (performance.now() > deadline) throw notStarted(await lastWords(logFile));
    await sleep(50);
  }
}

/** Ends the harness's own Docker, if it runs. Throws HarnessError when it does not end. */
export async function stopOwnEngine(engine: OwnEngine): Promise<boolean> {
  const pid = Number(await readFile(pidFile(engine), 'utf8').catch(() => '0'));
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (pid === 0 || !command.includes(engine.socket)) return false; // another process has the number by now
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
  for (const deadline = performance.now() + START_LIMIT; (await identify(pid)) !== null; ) {
    if (performance.now() > deadline) {
      throw new HarnessError(`the harness's own Docker (process ${pid}) does not end`, { code: 'harness' });
    }
    await sleep(50);
  }
  return true;
}

function argumentsOf(engine: OwnEngine, config: string): string[] {
  return [
    `--config-file=${config}`,
    `--data-root=${engine.data}`,
    `--exec-root=${join(engine.run, 'exec')}`,
    `--pidfile=${pidFile(engine)}`,
    `--host=${engine.host}`,
    '--bridge=none',
    '--iptables=false',
    '--ip6tables=false',
    '--ip-forward=false',
    '--ip-masq=false',
  ];
}

function pidFile(engine: OwnEngine): string {
  return join(engine.run, 'dockerd.pid');
}

async function lastWords(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-2).join(' / ') || 'it says nothing';
}

function notStarted(reason: string): HarnessError {
  return new HarnessError(`no container engine answers, and Docker cannot be started: ${reason}`, {
    code: 'setup',
    hint: 'run: npm run setup -- --provider container; or set DOCKER_HOST',
  });
}
