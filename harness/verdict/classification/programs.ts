// SPDX-License-Identifier: Apache-2.0
import type { Attempt } from '../../core/report.ts';
import { programOf } from '../tasks.ts';

/** Programs that run others' text: what they run is in their arguments. */
const INTERPRETER =
  /^(?:python[\d.]*|node|nodejs|ruby[\d.]*|perl[\d.]*|bash|sh|dash|ash|busybox|env|php[\d.]*)$/;

/**
 * Names under which a process may be known, the surest first: its executable; the script or module that an interpreter runs
 * (`python3 /usr/bin/pip install`, `python3 -m pip`), and its npm package; what it calls itself (`npm install`).
 */
export function programsOf({ exe, argv }: Attempt['source']['process']): string[] {
  const own = exe === null ? '' : programOf(exe);
  // What another program calls itself is not asked: anybody may.
  if (exe !== null && !INTERPRETER.test(own)) return [own];
  const [first = '', ...rest] = argv ?? [];
  const script = rest[0] === '-m' ? rest[1] : rest.find((argument) => !argument.startsWith('-'));
  const called = first.split(' ', 1)[0] ?? '';
  return [own, programOf(script ?? ''), packageOf(script ?? ''), programOf(called)].filter(
    (name) => name !== '',
  );
}

/** The npm package that a script belongs to: `update-notifier` of `/srv/node_modules/update-notifier/check.js`; else nothing. */
function packageOf(script: string): string {
  return /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(script)?.[1] ?? '';
}
