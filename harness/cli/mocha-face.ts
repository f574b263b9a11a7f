// SPDX-License-Identifier: Apache-2.0
import Mocha from 'mocha';
import type { Runner, Test } from 'mocha';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Screen } from './screen.ts';

const {
  EVENT_SUITE_BEGIN,
  EVENT_TEST_PASS,
  EVENT_TEST_FAIL,
  EVENT_TEST_PENDING,
  EVENT_HOOK_BEGIN,
  EVENT_TEST_BEGIN,
} = Mocha.Runner.constants;
const { EVENT_FILE_PRE_REQUIRE, EVENT_FILE_REQUIRE, EVENT_FILE_POST_REQUIRE } = Mocha.Suite.constants;

/** How often suites were loaded in this process. */
let runs = 0;

export interface FaceOptions {
  readonly screen: Screen;
  /** Folder of the suites. */
  readonly suites: string;
  readonly grep?: string;
  /** A mocha reporter's name instead of our own lines. */
  readonly reporter?: string;
  readonly signal: AbortSignal;
}

/**
 * Drives mocha in this process over the readiness suites. Its count of failures decides nothing: the verdict is computed
 * from the run's log. Resolves when mocha is through.
 */
export async function runMocha(options: FaceOptions): Promise<void> {
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: 0, // each phase and each check has a deadline of its own
    ...(options.grep === undefined ? {} : { grep: new RegExp(options.grep) }),
    reporter: options.reporter ?? linesReporter(options.screen),
  });
  await loadSuites(mocha, options.suites);
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    options.signal.addEventListener('abort', () => runner.abort(), { once: true });
  });
}

/**
 * Loads the suites' files as Mocha#loadFilesAsync does, but anew for each run: a module is evaluated once in a process, and
 * its tests belong to the mocha of that time, so each run imports them by an address of its own.
 */
async function loadSuites(mocha: Mocha, folder: string): Promise<void> {
  runs += 1;
  for (const name of (await readdir(folder)).toSorted()) {
    if (!name.endsWith('.test.ts')) continue;
    const file = join(folder, name);
    mocha.suite.emit(EVENT_FILE_PRE_REQUIRE, globalThis, file, mocha);
    const loaded: unknown = await import(`${pathToFileURL(file).href}?run=${runs}`);
    mocha.suite.emit(EVENT_FILE_REQUIRE, loaded, file, mocha);
    mocha.suite.emit(EVENT_FILE_POST_REQUIRE, globalThis, file, mocha);
  }
}

/** A mocha reporter: a line for each test, and on a terminal a live line that says what is being done and for how long. */
function linesReporter(screen: Screen): Mocha.ReporterConstructor {
  return class LinesReporter extends Mocha.reporters.Base {
    constructor(runner: Runner, options: Mocha.MochaOptions) {
      super(runner, options);
      let what = '';
      let since = Date.now();
      const now = (text: string): void => {
        what = text;
        since = Date.now();
      };
      const ticker = setInterval(() => {
        if (what !== '')
          screen.live(screen.paint('dim', `  … ${what} ${((Date.now() - since) / 1000).toFixed(0)} s`));
      }, 1000);
      runner.once('end', () => {
        clearInterval(ticker);
        screen.live(null);
      });
      runner.on(EVENT_SUITE_BEGIN, (suite) => {
        if (suite.title !== '') screen.line(screen.paint('bold', suite.title));
      });
      runner.on(EVENT_HOOK_BEGIN, (hook) => now(hook.parent?.title ?? ''));
      runner.on(EVENT_TEST_BEGIN, (test) => now(test.title));
      runner.on(EVENT_TEST_PASS, (test) =>
        screen.line(`  ${screen.paint('green', '✓')} ${test.title} ${screen.paint('dim', seconds(test))}`),
      );
      runner.on(EVENT_TEST_PENDING, (test) =>
        screen.line(`  ${screen.paint('yellow', '-')} ${test.title} (skipped)`),
      );
      let said: string | null = null;
      runner.on(EVENT_TEST_FAIL, (test, error: Error) => {
        screen.line(`  ${screen.paint('red', '✗')} ${test.title}`);
        const lines = reasonLines(error);
        const isSame = lines.join('\n') === said; // a phase that failed fails all that needs it
        for (const line of isSame ? ['as above'] : lines) screen.line(`      ${line}`);
        said = lines.join('\n');
      });
    }
  };
}

function seconds(test: Test): string {
  return `(${((test.duration ?? 0) / 1000).toFixed(1)} s)`;
}

const SHOWN = { lines: 6, characters: 300 };

/** What an assertion found: the list it expected to be empty, or its own message, of which the end says most. */
export function reasonLines(error: Error & { readonly actual?: unknown }): string[] {
  const list = listIn(error.actual)?.flatMap((entry) => entry.split('\n'));
  const lines = list ?? ((error.message ?? String(error)).split(': expected ')[0] ?? '').split('\n');
  return shortened(lines, list === undefined ? 1 : SHOWN.lines - 1).map((line) =>
    line.slice(0, SHOWN.characters),
  );
}

/** `first` of the lines, then the last that there is room for, with a word on what is left out between them. */
function shortened(lines: readonly string[], first: number): readonly string[] {
  const left = lines.length - SHOWN.lines;
  if (left <= 0) return lines;
  const last = SHOWN.lines - 1 - first;
  const gap = `    [${left + 1} more]`;
  return [...lines.slice(0, first), gap, ...(last === 0 ? [] : lines.slice(-last))];
}

/** mocha's base reporter has made text of it by now: JSON, but a line for each entry and no commas between them. */
function listIn(actual: unknown): string[] | null {
  if (typeof actual !== 'string') return Array.isArray(actual) ? actual.map(String) : null;
  const [first, ...rest] = actual.split('\n').map((line) => line.trim());
  if (first !== '[' || rest.pop() !== ']') return null;
  try {
    return rest.map((line) => String(JSON.parse(line)));
  } catch {
    return null;
  }
}
