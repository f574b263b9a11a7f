// SPDX-License-Identifier: Apache-2.0
import type { Report } from '../../harness/core/report.ts';
import { plural } from '../text.ts';
import { html, type Html } from './html.ts';
import { mono, resultMark, type Section, table } from './parts.ts';

// What the verdict rests on: that the observers saw, what no run can show, and where it ran.

export function canariesSection({ canaries }: Report): Section {
  const all = table(
    'Known attempts that the harness made itself',
    [
      { head: 'Result', cell: ({ result }) => resultMark(result) },
      { head: 'Made', cell: ({ stage, place }) => `${stage}, ${place}` },
      { head: 'Kind', names: true, cell: ({ kind }) => kind },
      { head: 'To', cell: ({ to }) => mono(to) },
      { head: 'Seen by', cell: ({ expected, seen }) => seenBy(expected, seen) },
      { head: 'What it met', cell: ({ answer }) => answer },
    ],
    canaries,
    'No canary was made: nothing proves that the observers saw.',
  );
  const count = (result: Report['canaries'][number]['result']): number =>
    canaries.filter((canary) => canary.result === result).length;
  const failed = count('fail');
  const unseeable = count('unseeable');
  const unavailable = count('unavailable');
  const made = canaries.length - unavailable;
  const words =
    failed === 0
      ? unseeable === 0
        ? `All ${made} were seen`
        : `${made - unseeable} of ${made} were seen; no observer of this run could see the others`
      : `${failed} of ${made} were not seen where they should have been`;
  const rest = unavailable === 0 ? '' : `; ${unavailable} more are not available here`;
  const body = html`<p class="lead">Known attempts of every kind, made at the start and at the end of the run and after each restart of the node, from each place where a workload can stand. They prove that the observers see, and that nothing gets out.</p>
${canaries.length === 0 ? all : html`<details${failed + unseeable + unavailable === 0 ? null : html` open`}><summary>${words}${rest}</summary><div>${all}</div></details>`}`;
  return { id: 'canaries', title: 'Canaries', count: canaries.length, body };
}

export function isolationSection({ isolation }: Report): Section {
  const failed = isolation.filter(({ result }) => result === 'fail').length;
  const all = table(
    'What makes the gap a gap',
    [
      { head: 'Result', cell: ({ result }) => resultMark(result) },
      { head: 'When', cell: ({ stage }) => stage },
      { head: 'That', cell: ({ what }) => what },
      { head: 'Found', cell: ({ found }) => mono(found) },
    ],
    isolation,
    'Nobody looked at the gap.',
  );
  const words =
    failed === 0 ? `All ${isolation.length} hold` : `${failed} of ${isolation.length} do not hold`;
  const body = html`<p class="lead">What the kernel really held of routes, devices, resolvers, rules and ways to this machine's own services, before anything of the bundle ran and again at the end.</p>
${isolation.length === 0 ? all : html`<details${failed === 0 ? null : html` open`}><summary>${words}</summary><div>${all}</div></details>`}`;
  return { id: 'isolation', title: 'Isolation', count: isolation.length, body };
}

function seenBy(expected: readonly string[], seen: readonly string[]): Html {
  const missed = expected.filter((observer) => !seen.includes(observer));
  return html`${seen.join(', ')}${missed.length === 0 ? null : html` <b class="warn">missed by ${missed.join(', ')}</b>`}`;
}

export function observersSection({ observers }: Report): Section {
  const body = table(
    'Sources of what was seen',
    [
      { head: 'Observer', names: true, cell: ({ id }) => id },
      {
        head: 'State',
        cell: ({ status, required }) =>
          status === 'ok' ? 'ok' : html`<b class="${required ? 'warn' : 'soft'}">${status}</b>`,
      },
      { head: 'Required', cell: ({ required }) => (required ? 'yes' : 'no') },
      { head: 'Received', number: true, cell: ({ received }) => received },
      { head: 'Lost', number: true, cell: ({ lost }) => lost },
    ],
    observers,
    'No observer was required, and none reported.',
  );
  return { id: 'observers', title: 'Observers', count: observers.length, body };
}

export function limitsSection({ limits }: Report): Section {
  const body = html`<p class="lead">A verdict is worth as much as what it leaves out is known.</p>
<ul class="limits">${limits.map(({ message }) => html`<li>${message}</li>`)}</ul>`;
  return { id: 'limits', title: 'What this run cannot show', count: limits.length, body };
}

function contractOf({ contract, contractNote }: Report['environment']['distribution']): string {
  return contract === null ? 'not said' : `${contract}: ${contractNote ?? 'not said why'}`;
}

export function environmentSection({ environment, runId, startedAt }: Report): Section {
  const { provider, providerReason, profile, distribution, host, nodeImage, tool, addedFiles } = environment;
  const rows: readonly (readonly [string, string])[] = [
    ['Run', `${runId}, started ${startedAt}`],
    [
      'Kubernetes',
      `${distribution.name} ${distribution.version}${distribution.standIn ? ' (stand-in)' : ''}, from ${distribution.from}`,
    ],
    ['K3s contract suite', contractOf(distribution)],
    ['Provider, profile', `${provider}, ${profile}`],
    ['Why that provider', providerReason ?? 'not said'],
    ['Node image', `${nodeImage.os ?? 'unknown'}, from ${nodeImage.path ?? 'setup'} (${nodeImage.digest})`],
    ['Host', `${host.os}, Linux ${host.kernel}, ${plural(host.cpus, 'CPU')}, ${host.memoryMiB} MiB`],
    ['Tool', `${tool.name} ${tool.version}`],
  ];
  const body = html`<dl class="facts">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
${addedFiles.map(({ path, content }) => html`<details><summary>Added by the harness beside the bundle’s files: <code>${path}</code></summary><div><pre>${content}</pre></div></details>`)}`;
  return { id: 'environment', title: 'Environment', count: null, body };
}
