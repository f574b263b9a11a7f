// SPDX-License-Identifier: Apache-2.0
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { PROFILES, type Profile } from '../core/profile.ts';
import { PROVIDERS, type ProviderId } from '../providers/provider.ts';
import { FAULTS } from '../run/run.ts';
import { doctorCommand } from './commands/doctor.ts';
import { gateCheckCommand } from './commands/gate-check.ts';
import { inspectCommand } from './commands/inspect.ts';
import { reportCommand } from './commands/report.ts';
import { downCommand, kubectlCommand, logsCommand, shellCommand } from './commands/kept-site.ts';
import { sweepCommand } from './commands/sweep.ts';
import { testCommand } from './commands/test.ts';
import { inOwnNamespaces } from './own-namespaces.ts';
import { REQUIREMENTS } from './requirements.ts';
import { VERSION } from './version.ts';

/** The command line. `done` takes the exit code of the command that ran; wrong usage throws CommanderError. */
export function buildProgram(done: (code: number) => void): { parseAsync(): Promise<unknown> } {
  const program = new Command('airgap')
    .description('Tests whether a deployment bundle is ready for a network without internet.')
    .version(VERSION)
    .showHelpAfterError('(airgap --help shows all commands)')
    .enablePositionalOptions()
    .exitOverride();

  program
    .command('test')
    .description(
      'install a bundle on a node with no way out, use it, and say READY, NOT READY or INCONCLUSIVE',
    )
    .argument('[bundle]', 'folder of the bundle (default: $BUNDLE, else examples/clean)')
    .option('--gate <file>', 'gate.yaml of the site (default: <bundle>.gate.yaml beside the bundle)')
    .addOption(
      new Option(
        '--provider <names>',
        `what the node is made of: ${PROVIDERS.join(', ')}, several with commas to compare them, or auto`,
      )
        .env('AIRGAP_PROVIDER')
        .argParser(providerNames)
        .default('auto' as const),
    )
    .addOption(
      new Option(
        '--profile <names>',
        `the kind of gap: ${PROFILES.join(', ')}; several with commas, one run each, or all (default: what the gate says, else no-route)`,
      ).argParser(profileNames),
    )
    .option('--out <dir>', 'folder for the results; must not exist (default: reports/out/<run-id>)')
    .option('--k3s <path>', 'K3s binary to use instead of the bundle’s or setup’s (default: $AIRGAP_K3S)')
    .option('--stand-in', 'replace the K3s that the bundle brings by the one that setup keeps')
    .option(
      '--node-image <path>',
      'what the node is made of: a root file system (folder), an OCI layout, an image archive, docker-daemon:IMAGE, or for vm a cloud image (default: $AIRGAP_NODE_IMAGE)',
    )
    .option(
      '--explain',
      'after a NOT READY run in no-route, run again in trap, to put names and paths on its attempts',
    )
    .option(
      '--reboot',
      'cut the power of the node after the other checks, start it again, and ask whether everything comes back (default: what the gate says)',
    )
    .option('--keep', 'leave the site up when the verdict is not READY; `airgap down` ends it')
    .option('--grep <regex>', 'run only the checks whose title matches; such a run is never READY')
    .option('--reporter <name>', 'a mocha reporter instead of the harness’s own lines')
    .option('--json', 'print report.json on standard output, progress on standard error')
    .option('--dry-run', 'print the plan and start nothing')
    .option('--quiet <seconds>', 'time without a new attempt that ends `settle`', seconds, 15)
    .option('--settle-timeout <seconds>', 'how long workloads may take to become available', seconds, 180)
    .option('--memory <MiB>', 'memory limit of the node', seconds, 4096)
    .option(
      '--buffers <factor>',
      'make the kernel’s buffers of what watches that many times as large, after a run that lost events',
      factor,
    )
    .option(
      '--disk <GiB>',
      'size of the node’s disk, for nodes with a disk of their own (vm; default: 16)',
      gibibytes,
    )
    .option(
      '--clock-ahead <days>',
      'set the node’s clock ahead of this machine’s (negative: behind); for nodes with a clock of their own (vm)',
      days,
    )
    .addOption(
      new Option(
        '--require <what...>',
        'end with exit code 3, before anything starts, where this machine cannot have it: attribution (who did it is known), observers (all of them)',
      )
        .choices(REQUIREMENTS)
        .default([]),
    )
    .addOption(
      new Option('--inject-fault <fault...>', 'plant a fault of the harness, to see it noticed; never READY')
        .choices(FAULTS)
        .default([]),
    )
    .action(async (bundle, options) => {
      const run = async (): Promise<number> =>
        await testCommand(bundle ?? process.env['BUNDLE'] ?? 'examples/clean', options);
      done(options.dryRun === true ? await run() : await inOwnNamespaces(run));
    });

  program
    .command('inspect')
    .description('read and verify a bundle and its gate; list what is in it; start nothing')
    .argument('<bundle>', 'folder of the bundle')
    .option('--gate <file>', 'gate.yaml of the site')
    .option('--json', 'print as JSON')
    .action(async (bundle, options) => done(await inspectCommand(bundle, options)));

  program
    .command('gate')
    .description('the owner’s side: gate.yaml')
    .command('check')
    .description(
      'read a gate.yaml; list its exceptions with the days they have left; exit code 2 when one has expired',
    )
    .argument('[file]', 'the gate', 'gate.yaml')
    .option('--json', 'print as JSON')
    .action(async (file, options) => done(await gateCheckCommand(file, options)));

  program
    .command('report')
    .description('render a run again from its event log')
    .argument('<run>', 'folder of the run, or its id below reports/out')
    .action(async (run) => done(await reportCommand(run)));

  program
    .command('doctor')
    .description('say what this machine can and cannot do, and the command that mends it')
    .option('--json', 'print as JSON')
    .action(async (options) => done(await inOwnNamespaces(async () => await doctorCommand(options))));

  program
    .command('sweep')
    .description('remove what killed runs left behind; touches nothing of a run that lives')
    .option(
      '--images',
      'also remove the node images that container engines were given, and end the engine of our own',
    )
    .action(async (options) => done(await sweepCommand(options)));

  const session = '--session <id>';
  const which = 'which kept site (default: the only one)';
  program
    .command('shell')
    .description('a shell inside the node of a kept site')
    .option(session, which)
    .action(async (options) => done(await shellCommand(options.session)));
  program
    .command('kubectl')
    .description('kubectl of a kept site')
    .option(session, which)
    .argument('[args...]', 'after --: arguments of kubectl')
    .passThroughOptions()
    .action(async (args, options) => done(await kubectlCommand(args, options.session)));
  program
    .command('logs')
    .description('K3s’s own log of a kept site, or the logs of a pod')
    .option(session, which)
    .argument('[pod]', 'namespace/name')
    .action(async (pod, options) => done(await logsCommand(pod, options.session)));
  program
    .command('down')
    .description('end a kept site')
    .option(session, which)
    .action(async (options) => done(await downCommand(options.session)));
  return program;
}

function seconds(value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0) throw new InvalidArgumentError('a number above 0 is needed');
  return number;
}

/** 256 MiB of trace for each processor and 2 GiB for each capture: kernel memory, which nothing can swap out. */
const MOST_BUFFERS = 32;

function factor(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > MOST_BUFFERS) {
    throw new InvalidArgumentError(`a whole number from 1 to ${MOST_BUFFERS} is needed`);
  }
  return number;
}

/** The image's own size (infra/vm/definition.ts), and more than a gate's machine has. */
const DISK_GIB = { least: 16, most: 4096 };

function gibibytes(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < DISK_GIB.least || number > DISK_GIB.most) {
    throw new InvalidArgumentError(`a whole number from ${DISK_GIB.least} to ${DISK_GIB.most} is needed`);
  }
  return number;
}

/** Certificates of a hundred years are seen to expire with it. */
const MOST_DAYS = 40_000;

function days(value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || Math.abs(number) > MOST_DAYS) {
    throw new InvalidArgumentError(`a number of days is needed, at most ${MOST_DAYS}`);
  }
  return number;
}

/** `auto`, or names of providers, each once. */
export function providerNames(value: string): readonly ProviderId[] | 'auto' {
  return value === 'auto' ? 'auto' : namesOf(value, 'provider', PROVIDERS, 'auto');
}

/** `all`, or names of profiles, each once. */
export function profileNames(value: string): readonly Profile[] {
  return value === 'all' ? PROFILES : namesOf(value, 'profile', PROFILES, 'all');
}

function namesOf<T extends string>(value: string, kind: string, known: readonly T[], besides: string): T[] {
  const names = value.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !known.some((id) => id === name));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(
      `there is no ${kind} "${unknown}"; known: ${known.join(', ')}, ${besides}`,
    );
  }
  if (new Set(names).size < names.length) throw new InvalidArgumentError(`each ${kind} can be named once`);
  return names.flatMap((name) => known.find((id) => id === name) ?? []);
}
