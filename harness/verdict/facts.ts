// SPDX-License-Identifier: Apache-2.0
import type { RunNs } from '../core/clock.ts';
import { HarnessError } from '../core/errors.ts';
import type { Environment, Event, EventOf } from '../core/events.ts';
import { Inside } from './inside.ts';
import { Pods } from './pods.ts';
import { type Sighting, sightingOf } from './sighting.ts';
import { Tasks } from './tasks.ts';

/** The log, sorted into drawers. Nothing is judged here but one thing: traffic inside the site is not kept. */
export class Facts {
  readonly run: EventOf<'run'>;
  readonly inside: Inside;
  distribution: Environment['distribution'];
  readonly pods = new Pods();
  readonly containers = new Map<string, EventOf<'container'>>();
  readonly sightings: Sighting[] = [];
  /** Whatever the witness saw: none of it should exist. */
  readonly witnessed: Sighting[] = [];
  readonly pulls: EventOf<'pull'>[] = [];
  readonly phases: EventOf<'phase'>[] = [];
  readonly health: EventOf<'health'>[] = [];
  readonly faults: EventOf<'fault'>[] = [];
  readonly limits: EventOf<'limit'>[] = [];
  readonly canaries: EventOf<'canary'>[] = [];
  readonly canaryAnswers = new Map<string, EventOf<'canary-answer'>>();
  readonly checks: EventOf<'check'>[] = [];
  readonly findings: EventOf<'finding'>[] = [];
  readonly imagesAgain: EventOf<'image-again'>[] = [];
  readonly addedFiles: EventOf<'added-file'>[] = [];
  readonly isolation: EventOf<'isolation'>[] = [];
  readonly explanations = new Map<string, EventOf<'explanation'>>();
  end: EventOf<'end'> | null = null;
  lastAt: RunNs = 0;
  readonly #tasks = new Tasks();

  constructor(run: EventOf<'run'>) {
    this.run = run;
    this.inside = new Inside(run.inside);
    this.distribution = run.environment.distribution;
  }

  /** Files one event. Throws HarnessError at a second `run` event: two logs were mixed. */
  add(event: Event): void {
    if (event.type !== 'sighting' && event.at > this.lastAt) this.lastAt = event.at;
    switch (event.type) {
      case 'run':
        throw new HarnessError(`Event ${event.seq} of run ${this.run.id} begins another run, ${event.id}`, {
          code: 'harness',
          hint: 'Each run has its own events.jsonl: give one of them.',
        });
      case 'sighting':
        return this.#addSighting(event);
      case 'distribution':
        this.distribution = event.distribution;
        return;
      case 'added-file':
        this.addedFiles.push(event);
        return;
      case 'image-again':
        this.imagesAgain.push(event);
        return;
      case 'task':
        return this.#tasks.add(event);
      case 'container':
        this.containers.set(event.id, event);
        return;
      case 'pod':
        return this.pods.add(event);
      case 'pull':
        this.pulls.push(event);
        return;
      case 'phase':
        this.phases.push(event);
        return;
      case 'health':
        this.health.push(event);
        return;
      case 'fault':
        this.faults.push(event);
        return;
      case 'limit':
        this.limits.push(event);
        return;
      case 'canary':
        this.canaries.push(event);
        return;
      case 'isolation':
        this.isolation.push(event);
        return;
      case 'canary-answer':
        this.canaryAnswers.set(event.id, event);
        return;
      case 'check':
        this.checks.push(event);
        return;
      case 'finding':
        this.findings.push(event);
        return;
      case 'explanation':
        this.explanations.set(event.attempt, event);
        return;
      case 'end':
        this.end = event;
        return;
      case 'clock':
        return; // times are already in the run's clock; the offset is there for who reads the captures
    }
  }

  #addSighting(event: EventOf<'sighting'>): void {
    const sighting = sightingOf(event, event.task === undefined ? null : this.#tasks.now(event.task));
    if (sighting.observer === 'witness') {
      this.witnessed.push(sighting);
      return;
    }
    const isInside = sighting.address !== null && this.inside.address(sighting.address);
    // Look-ups of port 53 inside the site are kept: they tell which process asked which question.
    if (isInside && sighting.protocol !== 'dns' && sighting.port !== 53) return;
    this.sightings.push(sighting);
  }
}
