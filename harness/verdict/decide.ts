// SPDX-License-Identifier: Apache-2.0
import { describeCulprit, describeDestination } from '../core/describe.ts';
import type { Attempt, Report } from '../core/report.ts';
import type { Facts } from './facts.ts';
import { isMissing } from './missing.ts';
import { refusedCanaries } from './refused-canaries.ts';

const BUFFERS = 'run again with larger buffers (--buffers 4)';
/** What to do when one has lost events. The fake DNS's queue is the kernel's for a socket, and bounded by it. */
const ENLARGE: Partial<Record<string, string>> = {
  routes: BUFFERS,
  link: BUFFERS,
  cni: BUFFERS,
  witness: BUFFERS,
  sink: BUFFERS,
  dns: 'raise net.core.rmem_max of this machine, from which its queue is made, and run again',
};

/** Of checks that were not run so many are named. */
const MOST_BY_NAME = 3;

type Reason = Report['reasons'][number];

/** What the verdict is drawn from. */
export interface Judged {
  readonly attempts: readonly Attempt[];
  readonly findings: Report['findings'];
  readonly checks: Report['checks'];
  readonly phases: Report['phases'];
  readonly canaries: Report['canaries'];
  readonly observers: Report['observers'];
  /** Destinations of what the witness saw, in words. */
  readonly witnessed: readonly string[];
}

/**
 * Precedence: what is proven against the bundle makes it not-ready; else whatever is unproven makes the run
 * inconclusive; else it is ready. So a fault of the harness never makes a bundle not-ready, and never ready. Nothing
 * proven at all is not ready either. Every reason is listed, the deciding ones first.
 */
export function decide(facts: Facts, judged: Judged): Pick<Report, 'verdict' | 'reasons'> {
  const proven = provenAgainst(judged);
  const open = unprovenOf(facts, judged);
  if (proven.length > 0) return { verdict: 'not-ready', reasons: [...proven, ...open] };
  if (open.length > 0) return { verdict: 'inconclusive', reasons: open };
  return { verdict: 'ready', reasons: [readyReason(judged)] };
}

function provenAgainst({ attempts, findings, checks }: Judged): Reason[] {
  return [
    ...attempts
      .filter(({ accepted }) => accepted === null)
      .map((attempt): Reason => {
        const times = attempt.count === 1 ? 'once' : `${attempt.count} times`;
        return {
          kind: 'attempt',
          message: `${describeCulprit(attempt.source)} tried to reach ${describeDestination(attempt)} ${times}: ${attempt.class}`,
          ref: attempt.id,
        };
      }),
    ...checks
      .filter(({ required, result }) => required && result === 'fail')
      .map(({ id, title, message }): Reason => ({ kind: 'check', message: `${title}: ${message}`, ref: id })),
    ...findings
      .filter(({ severity, accepted }) => severity === 'blocker' && accepted === null)
      .map(
        ({ rule, location, message }): Reason => ({
          kind: 'finding',
          message: `${location}: ${message}`,
          ref: `${rule} ${location}`,
        }),
      ),
  ];
}

function unprovenOf(facts: Facts, judged: Judged): Reason[] {
  const stopped = stoppedEarly(facts, judged);
  return [
    ...new Map(facts.faults.map(({ source, message }) => [`${source}: ${message}`, source]))
      .entries()
      .map(([message, source]) => fault(message, source)),
    ...witnessReasons(judged.witnessed),
    ...isolationReasons(facts),
    // What a run that stopped early left undone is told once, not in every drawer.
    ...(stopped ?? [
      ...undone(judged),
      ...observerReasons(judged),
      ...canaryReasons(judged),
      ...blindReasons(facts, judged.canaries),
    ]),
    ...judged.canaries
      .filter(({ result }) => result === 'fail')
      .map(({ id, kind, place, stage, expected, seen, answer }) => {
        const missed = expected.filter((observer) => !seen.includes(observer)).join(', ');
        if (missed === '') {
          const met = `A known attempt (${kind} from ${place}, ${stage}) met “${answer ?? 'nothing'}”`;
          return unproven(`${met}, which is not what profile ${facts.run.environment.profile} promises`, id);
        }
        return unproven(
          `A known attempt was not seen (${kind} from ${place}, ${stage}) by: ${missed}; real ones may have been missed too`,
          id,
        );
      }),
    ...judged.observers
      .filter(({ required, status }) => required && status === 'lost-events')
      .map(({ id, lost }) =>
        unproven(
          lost === 'unknown'
            ? `Observer ${id} cannot tell how much it lost`
            : `Observer ${id} lost ${lost} event${lost === 1 ? '' : 's'}: ${ENLARGE[id] ?? 'let less go on beside the run'}`,
          id,
        ),
      ),
    ...facts.run.faults.map((name) => unproven(`A fault was injected on purpose: ${name}`, null)),
    ...(facts.run.filtered ? [unproven('Part of the checks was left out (--grep)', null)] : []),
  ];
}

function stoppedEarly({ end }: Facts, { phases, checks }: Judged): Reason[] | null {
  if (end?.outcome === 'complete') return null;
  const left = phases.filter(({ status }) => status !== 'done').map(({ phase }) => phase);
  const open = checks.filter(({ required, result }) => required && result === 'not-run').length;
  const undoneText = [
    left.length === 0 ? '' : `not done: ${left.join(', ')}`,
    open === 0 ? '' : `${open} required check${open === 1 ? '' : 's'} not run`,
  ].filter((text) => text !== '');
  const how =
    end === null
      ? 'The log has no end: the run was killed, or it still goes on'
      : `The run was ${end.outcome}${end.message === undefined ? '' : `: ${end.message}`}`;
  return [fault([how, ...undoneText].join('; '), null)];
}

function undone({ phases, checks }: Judged): Reason[] {
  const passed = checks.filter(({ result }) => result === 'pass');
  return [
    ...phases
      .filter(({ status }) => status !== 'done')
      .map(({ phase, status, note }) =>
        unproven(
          `Phase ${phase} ${status === 'not-run' ? 'was not run' : 'did not finish'}${note === null ? '' : `: ${note}`}`,
          phase,
        ),
      ),
    ...notRun(checks),
    ...checks
      .filter(({ required, result }) => required && (result === 'error' || result === 'skipped'))
      .map(({ id, title, result, message }) =>
        unproven(
          `Required check ${result === 'error' ? 'could not be asked' : 'was skipped'}: ${title}: ${message}`,
          id,
        ),
      ),
    ...(checks.length === 0
      ? [unproven('No check was planned or run: nothing is known of what works', null)]
      : passed.length === 0 && checks.every(({ result }) => result !== 'fail')
        ? [unproven('No check passed', null)]
        : []),
  ];
}

/** Each by its name; where a phase fell out they are many, and the reason is the phase. */
function notRun(checks: Judged['checks']): Reason[] {
  const left = checks.filter(({ required, result }) => required && result === 'not-run');
  const [first] = left;
  if (first === undefined || left.length <= MOST_BY_NAME)
    return left.map(({ id, title, message }) =>
      unproven(`Required check was not run: ${title}: ${message}`, id),
    );
  return [unproven(`${left.length} required checks were not run, the first: ${first.title}`, first.id)];
}

function observerReasons({ observers }: Judged): Reason[] {
  const required = observers.filter((observer) => observer.required);
  return [
    ...required
      .filter(({ status }) => status === 'absent')
      .map(({ id }) => unproven(`Observer ${id} never reported`, id)),
    ...(required.length === 0 ? [unproven('No observer was required: nothing could be seen', null)] : []),
  ];
}

function canaryReasons({ canaries }: Judged): Reason[] {
  return (['start', 'end'] as const).flatMap((stage) =>
    canaries.some((canary) => canary.stage === stage && canary.result !== 'unavailable')
      ? []
      : [
          unproven(
            `No canary was made at the ${stage} of the run: that the observers saw is not proven`,
            null,
          ),
        ],
  );
}

/** What no observer of this run could have seen is not proven; that it was not seen is no fault of the harness either. */
function blindReasons(facts: Facts, canaries: Report['canaries']): Reason[] {
  const missing = facts.run.missing ?? [];
  const unseeable = canaries.filter(({ result }) => result === 'unseeable');
  const kinds = [...new Set(unseeable.map(({ kind }) => kind))].join(', ');
  const places = [...new Set(unseeable.map(({ place }) => place))].join(', ');
  const names = missing.map(({ observer }) => observer).join(', ');
  return [
    ...(unseeable.length === 0
      ? []
      : [
          unproven(
            `Without ${names} nobody can see some attempts in this profile, so it is not known that there were none: ${kinds} from ${places} (${missing[0]?.reason ?? 'not said why'})`,
            null,
          ),
        ]),
    ...(isMissing(facts, 'witness')
      ? [
          unproven(
            'Nobody watched behind the gap (observer witness is missing): that nothing got out is not proven',
            'witness',
          ),
        ]
      : []),
  ];
}

function witnessReasons(witnessed: readonly string[]): Reason[] {
  if (witnessed.length === 0) return [];
  const places = [...new Set(witnessed)];
  const more = places.length > 3 ? ` and ${places.length - 3} more` : '';
  return [
    fault(
      `The gap leaks: the witness behind it saw packets to ${places.slice(0, 3).join(', ')}${more}`,
      'witness',
    ),
  ];
}

function readyReason({ attempts, checks, phases, canaries }: Judged): Reason {
  const accepted = attempts.length;
  const tries =
    accepted === 0
      ? 'No attempt to reach anything outside'
      : `No attempt but ${accepted} accepted by the gate`;
  const passed = checks.filter(({ result }) => result === 'pass').length;
  const applicable = checks.filter(({ result }) => result !== 'not-applicable').length;
  const made = canaries.filter(({ result }) => result !== 'unavailable').length;
  const refused = refusedCanaries(canaries);
  const rest = refused === null ? '' : `; not available here: ${refused}`;
  return {
    kind: 'ready',
    message: `${tries} in ${phases.length} phases; ${passed} of ${applicable} checks passed; all ${made} canaries were seen and none got out${rest}`,
    ref: null,
  };
}

/** A gap that is not closed at boot ends the run there; one that was opened later is known at the end. */
function isolationReasons({ isolation }: Facts): Reason[] {
  return isolation
    .flatMap(({ stage, facts }) => facts.map((one) => ({ stage, ...one })))
    .filter(({ result }) => result === 'fail')
    .map(({ stage, id, what, found }) =>
      fault(`The gap was not closed (${stage}): that ${what} is not so; found: ${found}`, id),
    );
}

function unproven(message: string, ref: string | null): Reason {
  return { kind: 'unproven', message, ref };
}

function fault(message: string, ref: string | null): Reason {
  return { kind: 'fault', message, ref };
}
