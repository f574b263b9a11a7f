// SPDX-License-Identifier: Apache-2.0
import { HarnessError } from '../core/errors.ts';
import type { Event, NodeImage } from '../core/events.ts';
import { REPORT_SCHEMA_VERSION, type Attempt, type Report } from '../core/report.ts';
import { toAttempts } from './attempts.ts';
import { matchCanaries } from './canaries.ts';
import { summariseChecks } from './checks.ts';
import { OwnerRows } from './classification/owner-rows.ts';
import { decide } from './decide.ts';
import { Exceptions } from './exceptions.ts';
import { withExplanation } from './explain.ts';
import { Facts } from './facts.ts';
import { imageWays } from './image-ways.ts';
import { join } from './join.ts';
import { limitsOf } from './limits.ts';
import { summariseObservers } from './observers.ts';
import { PhaseWindows, summarisePhases, timingsOf } from './phases.ts';
import { refusedLimits } from './refused-canaries.ts';
import type { Sighting } from './sighting.ts';
import { splitDependencies, summariseDependencies } from './site-dependencies.ts';

/** A report but for the time of rendering: the same log always gives the same one. */
export type Findings = Omit<Report, 'renderedAt'>;

/**
 * The fold from a log to a report: feed it events in the order of the log, ask at any time. Pure: no clock, no file,
 * no cluster. What was asked for is kept until the next event.
 */
export class RunFold {
  #facts: Facts | null = null;
  #report: Findings | null = null;
  #canaries: Report['canaries'] | null = null;

  /** Throws HarnessError when the first event is not `run`, or when a second one is. */
  add(event: Event): void {
    this.#report = null;
    this.#canaries = null;
    if (this.#facts !== null) return this.#facts.add(event);
    if (event.type !== 'run') {
      throw new HarnessError(`The log begins with a ${event.type} event instead of run`, {
        code: 'harness',
        hint: 'Its first line is missing: take the events.jsonl as the run wrote it.',
      });
    }
    this.#facts = new Facts(event);
  }

  /** Attempts so far, accepted ones too; uses of declared destinations are not among them. */
  attempts(): Attempt[] {
    return this.#facts === null ? [] : this.report().attempts;
  }

  canaries(): Report['canaries'] {
    if (this.#facts === null) return [];
    this.#canaries ??= matchCanaries(this.#facts).canaries;
    return this.#canaries;
  }

  observers(): Report['observers'] {
    return this.#facts === null ? [] : summariseObservers(this.#facts);
  }

  /** What the witness behind the sink saw, in words: anything here means that the gap leaks. */
  witnessed(): string[] {
    return this.#facts === null ? [] : this.#facts.witnessed.map(describePacket);
  }

  /** The report as it would be if the log ended here. Throws HarnessError when there was no event at all. */
  report(): Findings {
    if (this.#facts === null)
      throw new HarnessError('The log is empty', { code: 'harness', hint: 'The run ended before it began.' });
    this.#report ??= reportOf(this.#facts, this.witnessed());
    return this.#report;
  }
}

function reportOf(facts: Facts, witnessed: readonly string[]): Findings {
  const { run } = facts;
  const { wishes, internal, canaries } = join(facts);
  const { outside, uses } = splitDependencies(toAttempts(wishes, facts, new PhaseWindows(facts)), internal);
  const exceptions = new Exceptions(run.gate.exceptions, run.startedAt);
  const by = { bundle: run.bundle, owners: new OwnerRows(run.gate.classes) };
  // What a second run heard comes last: it changes no decision of this one.
  const judged = outside
    .map((attempt) => ({ ...attempt, accepted: exceptions.accept(attempt) }))
    .map((attempt) => withExplanation(attempt, facts.explanations.get(attempt.id), by));
  const attempts = [
    ...judged.filter(({ accepted }) => accepted === null),
    ...judged.filter(({ accepted }) => accepted !== null),
  ];
  const checks = summariseChecks(facts, wishes, new Set(attempts.map(({ id }) => id)));
  const findings = facts.findings.map(({ rule, severity, message, location, remedy }) => ({
    rule,
    severity,
    message,
    location,
    remedy,
    accepted: exceptions.acceptFinding({ rule, location }),
  }));
  const phases = summarisePhases(facts);
  const observers = summariseObservers(facts);
  const { name, version, format, path, digest, items } = run.bundle;
  return {
    schemaVersion: REPORT_SCHEMA_VERSION,
    runId: run.id,
    startedAt: run.startedAt,
    ...decide(facts, { attempts, findings, checks, phases, canaries, observers, witnessed }),
    bundle: {
      name,
      version,
      format,
      path,
      digest,
      items: items.map((item) => ({
        kind: item.kind,
        name: item.name,
        digest: item.digest,
        file: item.file,
        size: item.size,
      })),
    },
    environment: environmentOf(facts),
    phases,
    checks,
    attempts,
    images: imageWays(facts),
    siteDependencies: summariseDependencies(internal, uses),
    findings,
    canaries,
    isolation: facts.isolation.flatMap(({ stage, facts: all }) => all.map((one) => ({ stage, ...one }))),
    exceptions: exceptions.summary(),
    observers,
    limits: [...limitsOf(facts), ...refusedLimits(canaries)],
    timings: timingsOf(phases, facts),
  };
}

/** Older logs hold setup's key alone. */
function nodeImageOf(logged: NodeImage | string): NodeImage {
  return typeof logged === 'string' ? { from: 'setup', path: null, digest: logged, os: null } : logged;
}

function describePacket({ protocol, address, port, name }: Sighting): string {
  const host = name ?? (address?.includes(':') === true ? `[${address}]` : (address ?? 'an unknown address'));
  return `${host}${port === null ? '' : `:${port}`} (${protocol})`;
}

/** In the order of the report, with what older logs do not say as null. */
function environmentOf({ run, distribution, addedFiles }: Facts): Report['environment'] {
  const { provider, providerReason = null, ...rest } = run.environment;
  const added = addedFiles.map(({ path, content }) => ({ path, content }));
  const nodeImage = nodeImageOf(rest.nodeImage);
  const { contract = null, contractNote = null } = distribution;
  const kubernetes = { ...distribution, contract, contractNote };
  return { provider, providerReason, ...rest, distribution: kubernetes, nodeImage, addedFiles: added };
}
