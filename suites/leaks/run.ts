// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { readAssets } from '../../harness/core/assets.ts';
import type { Event } from '../../harness/core/events.ts';
import type { Attempt } from '../../harness/core/report.ts';
import { readEvents } from '../../harness/run/event-log.ts';
import { buildReport } from '../../harness/verdict/build-report.ts';
import { writeImageArchive } from '../../infra/images/build-image.ts';
import { placeFile } from '../../infra/setup/place-file.ts';
import { airgap } from '../integration/support/airgap.ts';
import { REPO_ROOT } from '../integration/support/needs.ts';
import { ABLATIONS, without } from './ablate.ts';
import { drawFrom } from './draw.ts';
import { plantInNode } from './node-image.ts';
import { drawImages, plant, type Selection } from './plant.ts';
import { score, type Score } from './score.ts';
import type { Expected, LeakCase } from './types.ts';

/** What was planted and what came of it: enough to score again. */
export interface CorpusRun {
  readonly seed: number;
  readonly profile: string;
  /** `case: why not`, of cases that this kernel cannot do. */
  readonly skipped: readonly string[];
  readonly quiet: number;
  readonly expected: readonly Expected[];
  readonly secrets: readonly string[];
  /** Folder of the run. */
  readonly out: string;
}

export interface CorpusOptions {
  readonly seed: number;
  readonly profile: string;
  /** Folder for bundle and results; must not exist. */
  readonly dir: string;
  /** Further arguments of `airgap test`. */
  readonly args?: readonly string[];
}

/** Checks of the run that take time and plant nothing: what is deleted and comes back calls out as before. */
const PHASES = '^(provision|prove|install|settle|exercise corpus:|attempts)';
/** What a report says of the checks that are left out on purpose. */
const LEFT_OUT =
  /^(?:Required check was not run|\d+ required checks were not run|Part of the checks was left out|Phase (?:exercise|restart) was not run)/;
const FILE = 'corpus.json';

/**
 * Writes a bundle with the selected cases, drawn by the seed, and runs `airgap test` on it as its users do. Throws when the run
 * did not come to its end.
 */
export async function runCorpus(
  selection: Omit<Selection, 'coredns' | 'profile'>,
  options: CorpusOptions,
): Promise<CorpusRun> {
  const { seed, profile, dir } = options;
  const assets = await readAssets(REPO_ROOT);
  const { leaks: programs } = assets;
  if (programs === undefined)
    throw new Error('setup has not built leak-maker: npm run setup -- --with leaks');
  const draw = drawFrom(seed);
  const images = drawImages(draw);
  const { able, skipped } = ask(selection.leaks, programs.maker);
  const tools = programs.tools === undefined ? [] : selection.tools;
  if (tools.length < selection.tools.length)
    skipped.push(`${selection.tools.length} real programs: not made (npm run setup -- --with leak-tools)`);
  const coredns = await corednsOf(assets.k3s.binary);
  const node = selection.node.filter((one) => coredns !== null || one.coredns !== true);
  if (node.length < selection.node.length) skipped.push('CoreDNS: which image the platform has is not known');
  const planted = plant({ ...selection, leaks: able, tools, node, coredns, profile }, draw, images);
  const bundle = join(dir, 'bundle');
  await mkdir(join(bundle, 'manifests'), { recursive: true });
  const documents = planted.objects.map((object) => stringify(object, { lineWidth: 0 }));
  await writeFile(join(bundle, 'manifests/corpus.yaml'), documents.join('---\n'));
  const document = { apiVersion: 'airgap.dev/v1', kind: 'Bundle', name: 'leak-corpus', version: '1.0.0' };
  for (const { name, files } of planted.charts) {
    for (const [path, text] of Object.entries(files)) {
      const file = join(bundle, 'charts', name, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }
  const charts = planted.charts.map(({ name }) => ({ path: `./charts/${name}`, release: name }));
  const archives = ['./images.tar', ...(tools.length === 0 ? [] : ['./tools.tar.zst'])];
  if (programs.tools !== undefined && tools.length > 0)
    await placeFile(programs.tools, join(bundle, 'tools.tar.zst'));
  const isPlanted = planted.nodes.length > 0;
  if (isPlanted)
    await writeFile(
      join(bundle, 'config.yaml'),
      stringify({ 'kubelet-arg': planted.nodes.flatMap(({ kubeletArguments }) => kubeletArguments) }),
    );
  const kubernetes = isPlanted ? { kubernetes: { distribution: 'k3s', config: './config.yaml' } } : {};
  const parts = {
    ...kubernetes,
    images: archives,
    manifests: ['./manifests'],
    checks: planted.checks,
    charts,
  };
  await writeFile(join(bundle, 'bundle.yaml'), stringify({ ...document, ...parts }));
  const gate = join(dir, 'gate.yaml');
  await writeFile(gate, stringify({ apiVersion: 'airgap.dev/v1', kind: 'Gate', profile }));
  await writeImageArchive(
    join(bundle, 'images.tar'),
    images.map(({ reference, programs: paths, config }) => ({
      references: [reference],
      config: { ...config, labels: { image: reference } },
      layers: [
        {
          entries: [
            { path: paths.maker.slice(1), from: programs.maker, mode: 0o755 },
            { path: paths.maker32.slice(1), from: programs.maker32, mode: 0o755 },
            { path: 'tmp', directory: true, mode: 0o777 },
          ],
        },
      ],
    })),
    { format: 'docker-archive' },
  );
  const out = join(dir, 'run');
  const { expected, secrets } = planted;
  const run = { seed, profile, skipped, quiet: selection.quiet.length, expected, secrets, out };
  await writeFile(join(dir, FILE), JSON.stringify(run));
  const common = ['--gate', gate, '--out', out, '--settle-timeout', '240', '--quiet', '8', '--grep', PHASES];
  const nodeImage = join(dir, 'node-image');
  if (isPlanted)
    await plantInNode(planted.nodes, { from: assets.nodeImage, to: nodeImage, maker: programs.maker });
  const made = isPlanted ? ['--node-image', nodeImage] : [];
  const { exitCode, all } = await airgap(['test', bundle, ...common, ...made, ...(options.args ?? [])]);
  await rm(nodeImage, { recursive: true, force: true });
  if (exitCode !== 1) throw new Error(`airgap test ended with ${exitCode}, not with 1 (not ready):\n${all}`);
  return run;
}

/** A run that was made before. */
export async function readCorpus(dir: string): Promise<CorpusRun> {
  return JSON.parse(await readFile(join(dir, FILE), 'utf8')) as CorpusRun;
}

export interface Judged {
  readonly score: Score;
  /** Score of each log with something left out, by its name in ABLATIONS. */
  readonly ablations: ReadonlyMap<string, Score>;
  /** Planted secrets that some file made for readers shows. */
  readonly shown: readonly string[];
  /** Planted secrets that the log does not hold either: that they are hidden is not proven. */
  readonly unseen: readonly string[];
  readonly unproven: readonly string[];
}

/** Scores a run from its log, as it is and with observers left out. `off`: names of ABLATIONS that are left out in any case. */
export async function judge(run: CorpusRun, off: readonly string[] = []): Promise<Judged> {
  const events = without(
    await readEvents(join(run.out, 'events.jsonl')),
    off.flatMap((name) => ABLATIONS[name] ?? []),
  );
  const report = buildReport(events, { renderedAt: '' });
  const ablations = new Map(
    Object.entries(ABLATIONS).map(([name, observers]) => [
      name,
      score(run.expected, attemptsOf(without(events, observers))),
    ]),
  );
  const log = await readFile(join(run.out, 'events.jsonl'), 'utf8');
  const readable = await Promise.all(
    ['report.json', 'report.html', 'junit.xml'].map(
      async (name) => await readFile(join(run.out, name), 'utf8').catch(() => ''),
    ),
  );
  return {
    score: score(run.expected, report.attempts),
    ablations,
    shown: run.secrets.filter((secret) => readable.some((text) => text.includes(secret))),
    unseen: run.secrets.filter((secret) => !log.includes(secret)),
    unproven: report.reasons
      .filter(({ kind, message }) => kind === 'fault' || (kind === 'unproven' && !LEFT_OUT.test(message)))
      .map(({ message }) => message),
  };
}

function attemptsOf(events: readonly Event[]): readonly Attempt[] {
  return buildReport(events, { renderedAt: '' }).attempts;
}

/** The stand-in lists its images beside itself. */
async function corednsOf(k3s: string): Promise<string | null> {
  const list = await readFile(join(dirname(k3s), 'k3s-images.txt'), 'utf8').catch(() => '');
  return list.split('\n').find((line) => line.includes('coredns')) ?? null;
}

/** Tries what a kernel may lack, in an empty network namespace. */
function ask(
  cases: readonly LeakCase[],
  maker: string,
): { readonly able: readonly LeakCase[]; readonly skipped: string[] } {
  const skipped: string[] = [];
  const able = cases.filter((one) => {
    if (one.probe !== true) return true;
    const { argv } = one.deed(drawFrom(1));
    const { status, stderr } = spawnSync('unshare', ['--net', '--', maker, ...argv], { encoding: 'utf8' });
    if (status === 0) return true;
    skipped.push(`${one.id}: ${stderr.trim().replace(/^leak-maker: /, '')}`);
    return false;
  });
  return { able, skipped };
}
