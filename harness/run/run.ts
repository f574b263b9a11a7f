// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assets } from '../core/assets.ts';
import type { Check, CheckContext, CheckResult } from '../core/cluster.ts';
import { type Clock, startClock } from '../core/clock.ts';
import { HarnessError, reasonOf } from '../core/errors.ts';
import { type CanaryPlace, type EventOf, type Phase, PHASES } from '../core/events.ts';
import { gateForLog } from '../core/gate.ts';
import { summariesOf } from '../core/helm-chart.ts';
import type { RunningObserver } from '../core/observer.ts';
import type { Report } from '../core/report.ts';
import type { ProviderChoice } from '../providers/choose-provider.ts';
import { RunFold } from '../verdict/run-fold.ts';
import { runCheck } from '../checks/run-checks.ts';
import { evidenceStore } from './evidence.ts';
import { EventLog } from './event-log.ts';
import { describeHost } from './host.ts';
import type { Inspected } from './inspect.ts';
import { chooseKubernetes, type ChosenKubernetes } from './kubernetes.ts';
import { provision, type Provisioned } from './provision.ts';
import { provePods, type ProveContext } from './prove.ts';
import { Restarts } from './prove-restarts.ts';
import { installBundle } from './install.ts';
import { saveLog } from '../site/k3s-log.ts';
import { type ChosenNodeImage, chooseNodeImage } from './node-image/choose-node-image.ts';
import { settle, type SettleContext } from './settle.ts';
import { NOT_REBOOTED, reboot } from './reboot.ts';
import { renderRun } from './render.ts';

/** Faults that can be planted on purpose, to see the harness notice: such a run is never ready. */
export const FAULTS = ['sink-forwarding', 'registry-stopped'] as const;
export type Fault = (typeof FAULTS)[number];

export interface RunOptions {
  readonly id: string;
  /** Folder of this run's results; made here, must not exist. */
  readonly outDir: string;
  /** What its node is made of, and why. */
  readonly provider: ProviderChoice;
  readonly assets: Assets;
  /** A K3s binary that goes before the bundle's own; null: the bundle's, else the one that setup keeps. */
  readonly k3s: string | null;
  /** Replace the K3s that the bundle brings by the one that setup keeps. */
  readonly standIn: boolean;
  /** What nodes are made of: a root file system, an image or a disk; null: the root that setup made. */
  readonly nodeImage: string | null;
  /** Folder of the cache: unpacked images, records of the contract suite. */
  readonly cache: string;
  readonly faults: readonly Fault[];
  /** Part of the checks was left out (--grep). */
  readonly filtered: boolean;
  /** Leave the site up when the verdict is not ready. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
  readonly version: string;
  /** Told what takes minutes before the run begins. */
  readonly say?: (line: string) => void;
}

type CheckPhase = Check['phase'];
type ReachablePhase = 'provision' | 'prove' | CheckPhase;
/** `inspect` and `teardown` are not gone to, and `soak` has no work yet. */
const ORDER = PHASES.filter(
  (phase): phase is ReachablePhase => !(['inspect', 'soak', 'teardown'] as readonly Phase[]).includes(phase),
);

/** One execution: phases in order, facts to one log, everything shown computed from that. */
export class Run {
  readonly plan: Inspected['plan'];
  readonly outDir: string;
  readonly log: EventLog;
  readonly #inspected: Inspected;
  readonly #options: RunOptions;
  readonly #clock: Clock;
  readonly #fold: RunFold;
  readonly #kubernetes: ChosenKubernetes;
  readonly #nodeImage: ChosenNodeImage;
  readonly #phases = new Map<ReachablePhase, Promise<void>>();
  readonly #checks = new Map<string, Promise<CheckResult>>();
  /** Answers of checks that install something: they were asked within their phase. */
  readonly #installing = new Map<string, Promise<CheckResult>>();
  #open: Phase | undefined;
  #unsettled: readonly string[] = [];
  #site: Provisioned | undefined;
  #restarts: Restarts | undefined;
  #end: Promise<void> | undefined;
  #again: Promise<void> | undefined;
  readonly #stack = new AsyncDisposableStack();
  readonly #observers: RunningObserver[] = [];

  private constructor(
    inspected: Inspected,
    options: RunOptions,
    kubernetes: ChosenKubernetes,
    nodeImage: ChosenNodeImage,
  ) {
    const gone = new Set((options.provider.missing ?? []).map(({ observer }) => observer));
    this.plan = { ...inspected.plan, observers: inspected.plan.observers.filter((id) => !gone.has(id)) };
    this.outDir = options.outDir;
    this.#inspected = inspected;
    this.#options = options;
    this.#kubernetes = kubernetes;
    this.#nodeImage = nodeImage;
    this.#clock = startClock();
    this.#fold = new RunFold();
    this.log = new EventLog(join(options.outDir, 'events.jsonl'), this.#clock, (event) =>
      this.#fold.add(event),
    );
  }

  /** Makes the run's folder and writes what `inspect` found. Nothing is started yet. */
  static async begin(inspected: Inspected, options: RunOptions): Promise<Run> {
    const { bundle, gate, plan, findings } = inspected;
    if (
      options.faults.includes('registry-stopped') &&
      !plan.services.some(({ kind }) => kind === 'registry')
    ) {
      throw new HarnessError('--inject-fault registry-stopped: the gate declares no registry', {
        code: 'usage',
        hint: 'declare site.services.registry in gate.yaml',
      });
    }
    const kubernetes = await chooseKubernetes(bundle, options);
    const { nodeImage: given, assets, cache } = options;
    const nodeImage = await chooseNodeImage({
      given,
      assets,
      kubernetes,
      provider: options.provider.id,
      diskMiB: inspected.plan.node.diskMiB,
      cache,
      signal: options.signal,
      say: options.say,
    });
    await mkdir(join(options.outDir, 'capture'), { recursive: true });
    await mkdir(join(options.outDir, 'evidence'), { recursive: true });
    const run = new Run(inspected, options, kubernetes, nodeImage);
    run.log.append(
      {
        type: 'run',
        id: options.id,
        startedAt: run.#clock.startedAt.toISOString(),
        bundle: {
          name: bundle.name,
          version: bundle.version,
          format: bundle.format,
          path: bundle.root,
          digest: bundle.digest,
          items: bundle.items,
          images: bundle.images,
          charts: bundle.charts,
          helmCharts: summariesOf(bundle),
        },
        gate: gateForLog(gate),
        environment: {
          provider: options.provider.id,
          providerReason: options.provider.why,
          profile: plan.profile,
          distribution: { name: 'k3s', version: 'unknown', standIn: false, from: kubernetes.from },
          host: describeHost(),
          nodeImage: nodeImage.facts,
          tool: { name: 'airgap-readiness', version: options.version },
        },
        inside: plan.inside,
        ...(plan.services.length === 0 ? {} : { services: plan.services }),
        phases: plan.phases,
        checks: plan.checks.map(({ id, title, required }) => ({ id, title, required })),
        observers: run.plan.observers,
        ...(options.provider.missing === undefined ? {} : { missing: options.provider.missing }),
        harnessNamespaces: plan.harnessNamespaces,
        faults: options.faults,
        filtered: options.filtered,
      },
      { at: 0 },
    );
    const { offsetNs, errorNs } = run.#clock.realtime;
    run.log.append({ type: 'clock', source: 'realtime', offsetNs: String(offsetNs), errorNs });
    run.#beginPhase('inspect');
    for (const finding of findings) run.log.append(finding);
    if (!plan.phases.includes('reboot')) run.log.append(NOT_REBOOTED);
    await run.#endPhase();
    return run;
  }

  /** What is up, from `provision` to `teardown`. Throws HarnessError when it is not. */
  get site(): Provisioned {
    if (this.#site === undefined) throw new HarnessError('the site is not up', { code: 'harness' });
    return this.#site;
  }

  /** Ends all observers before their time, to measure what they cost: nothing is proven from here on. */
  async blind(): Promise<void> {
    await this.#endObservers();
    this.log.append({ type: 'fault', source: 'bench', message: 'all observers were ended on purpose' });
  }

  /** Goes through all phases up to and with this one; a phase that failed fails all that need it, with its reason. */
  async reach(target: ReachablePhase): Promise<void> {
    for (const phase of ORDER.slice(0, ORDER.indexOf(target) + 1)) {
      let done = this.#phases.get(phase);
      if (done === undefined) {
        done = this.#enter(phase);
        this.#phases.set(phase, done);
      }
      await done;
    }
  }

  /** Runs one check, once. Its phase must have been reached. */
  async check(id: string): Promise<CheckResult> {
    let result = this.#checks.get(id);
    if (result === undefined) {
      result = this.#runCheck(id);
      this.#checks.set(id, result);
    }
    return await result;
  }

  /**
   * Restarts the node as a loss of power would, and its Kubernetes; then canaries again, from all places. What they miss makes
   * the run inconclusive. Throws HarnessError when the site is not up or does not come back.
   */
  async restartNode(): Promise<void> {
    if (this.#restarts === undefined) throw new HarnessError('the site is not up', { code: 'harness' });
    await this.#restarts.restart();
  }

  /**
   * Canaries again, at the end: what was proven at the start still holds. Throws what the phase `reboot` threw: after a node
   * that did not come back there is no pod to make them from.
   */
  async proveAgain(): Promise<void> {
    await this.reach('settle');
    await this.#phases.get('reboot');
    this.#again ??= this.#inPhase('prove', async () => {
      await provePods(this.#proveContext(), 'end');
    });
    await this.#again;
  }

  /** Each canary of that stage and place which an observer should have seen and did not, or which none of this run could see. */
  missedCanaries(stage: 'start' | 'end', place: CanaryPlace): string[] {
    const made = this.#canariesOf(stage, place);
    if (made.length === 0) return ['no canary was made'];
    return made
      .filter(({ result }) => result === 'fail' || result === 'unseeable')
      .map(({ kind, result, expected, seen }) =>
        result === 'unseeable'
          ? `${kind}: no observer of this run can see it`
          : `${kind}: expected ${expected.join('+')}, seen ${seen.join('+') || 'by none'}`,
      );
  }

  /** Kinds that the kernel refused there, with its reason. */
  refusedCanaries(stage: 'start' | 'end', place: CanaryPlace): string[] {
    const refused = this.#canariesOf(stage, place).filter(({ result }) => result === 'unavailable');
    return [...new Set(refused.map(({ kind, answer }) => `${kind} (${answer ?? 'not said why'})`))];
  }

  unsettled(): readonly string[] {
    return this.#unsettled;
  }

  /** Attempts so far, grouped by who must mend them. */
  culprits(): { culprit: string; attempts: string[] }[] {
    const groups = Map.groupBy(
      this.#fold.attempts().filter((attempt) => attempt.accepted === null),
      ({ source }) =>
        source.owner === null
          ? (source.process.exe ?? 'an unknown process')
          : `${source.namespace ?? ''}/${source.owner}${source.container === null ? '' : ` (${source.container})`}`,
    );
    return [...groups].map(([culprit, attempts]) => ({
      culprit,
      attempts: attempts.map(
        ({ protocol, destination: { name, address, port } }) =>
          `${protocol} ${name ?? address ?? '?'}${port === null ? '' : `:${port}`}`,
      ),
    }));
  }

  /** Why this run proves nothing so far: lost events, dead observers, missed canaries. */
  unproven(): string[] {
    return this.#fold
      .observers()
      .flatMap(({ id, required, status }) => (required && status !== 'ok' ? [`${id}: ${status}`] : []));
  }

  /** Ends everything that was started, in reverse order, whatever happened before. Safe to call again. */
  async teardown(): Promise<void> {
    this.#end ??= this.#tearDown();
    await this.#end;
  }

  /** Writes the log's end and every report. */
  async finish(outcome: 'complete' | 'interrupted' | 'aborted', message?: string): Promise<Report> {
    await this.teardown();
    this.log.append({ type: 'end', outcome, ...(message === undefined ? {} : { message }) });
    this.log[Symbol.dispose]();
    return await renderRun(this.outDir);
  }

  #canariesOf(stage: 'start' | 'end', place: CanaryPlace): Report['canaries'] {
    const stages = stage === 'start' ? ['boot', 'start'] : ['end'];
    return this.#fold.canaries().filter((canary) => canary.place === place && stages.includes(canary.stage));
  }

  async #enter(phase: ReachablePhase): Promise<void> {
    await this.#inPhase(phase, async () => {
      switch (phase) {
        case 'provision':
          this.#site = await provision({
            ...this.#shared(),
            stack: this.#stack,
            observers: this.#observers,
            provider: this.#options.provider.id,
            kubernetes: this.#kubernetes,
            nodeRoot: this.#nodeImage.root,
            assets: this.#options.assets,
            cache: this.#options.cache,
            faults: this.#options.faults,
            outDir: this.outDir,
            fold: this.#fold,
          });
          this.#restarts = new Restarts(this.#proveContext());
          return;
        case 'prove':
          await provePods(this.#proveContext(), 'start');
          return;
        case 'install':
          await installBundle({
            ...this.#shared(),
            site: this.site,
            ask: async (check) => {
              const result = this.#ask(check);
              this.#installing.set(check.id, result);
              return await result;
            },
          });
          return;
        case 'settle':
          this.#unsettled = await settle(this.#settleContext());
          return;
        case 'restart':
          if (this.#options.faults.includes('registry-stopped')) await this.site.services?.stop('registry');
          return;
        case 'reboot':
          this.#unsettled = await reboot(this.#settleContext(), {
            checks: this.#checkContext(),
            restart: async () => await this.restartNode(),
          });
          return;
        case 'exercise':
          return; // their checks are the phase
      }
    });
  }

  async #runCheck(id: string): Promise<CheckResult> {
    const check = this.#inspected.checks.find((candidate) => candidate.id === id);
    if (check === undefined) throw new HarnessError(`there is no check "${id}"`, { code: 'usage' });
    await this.reach(check.phase);
    this.#options.signal.throwIfAborted();
    this.#reopen(check.phase);
    return await (this.#installing.get(id) ?? this.#ask(check));
  }

  async #ask(check: Check): Promise<CheckResult> {
    return await runCheck(check, this.#checkContext());
  }

  #checkContext(): CheckContext {
    return {
      cluster: this.site.cluster,
      bundle: this.#inspected.bundle,
      clock: this.#clock,
      log: this.log,
      signal: this.#options.signal,
      helper: this.site.helper,
      ...this.#siteFacts(),
      outside: this.site.outside,
      evidence: evidenceStore(this.outDir),
    };
  }

  #settleContext(): SettleContext {
    return {
      ...this.#shared(),
      site: this.site,
      attempts: () => new Set(this.#fold.attempts().map((attempt) => attempt.id)),
    };
  }

  /** A phase lasts until the next one begins, so that its checks lie inside it. */
  async #inPhase(phase: ReachablePhase, work: () => Promise<void>): Promise<void> {
    this.#options.signal.throwIfAborted();
    await this.#endPhase();
    this.#beginPhase(phase);
    try {
      await work();
    } catch (error) {
      if (this.#options.signal.aborted) throw new HarnessError('interrupted', { code: 'interrupted' });
      const reason = reasonOf(error);
      if (error instanceof HarnessError && error.code === 'bundle') {
        this.#failPhase(phase, reason); // the bundle's own fault: a failed check, not a broken harness
      } else {
        this.log.append({ type: 'fault', source: phase, message: reason });
      }
      throw error;
    } finally {
      await this.#flushObservers();
    }
  }

  #failPhase(phase: ReachablePhase, message: string): void {
    this.log.append({
      type: 'check',
      id: `${phase}-completes`,
      title: `phase ${phase} completes`,
      required: true,
      result: 'fail',
      message,
      startedAt: this.#clock.now(),
      evidence: [],
    });
  }

  #reopen(phase: CheckPhase): void {
    if (this.#open === phase) return;
    throw new HarnessError(`a check of phase ${phase} was asked for in phase ${this.#open ?? 'none'}`, {
      code: 'harness',
    });
  }

  #beginPhase(phase: Phase): void {
    this.#open = phase;
    this.log.append({ type: 'phase', phase, edge: 'begin' });
  }

  async #endPhase(): Promise<void> {
    if (this.#open === undefined) return;
    await this.#flushObservers();
    this.log.append({ type: 'phase', phase: this.#open, edge: 'end' });
    this.log.flush();
    this.#open = undefined;
  }

  async #flushObservers(): Promise<void> {
    for (const observer of this.#observers) {
      await observer.flush().catch((error: unknown) => {
        this.log.append({
          type: 'fault',
          source: observer.id,
          message: `could not be read: ${reasonOf(error)}`,
        });
      });
    }
  }

  /** Last first. One that cannot be ended does not keep the others from it. */
  async #endObservers(): Promise<void> {
    for (const observer of this.#observers.splice(0).toReversed()) {
      try {
        await observer[Symbol.asyncDispose]();
      } catch (error) {
        this.log.append({
          type: 'fault',
          source: observer.id,
          message: `could not be ended: ${reasonOf(error)}`,
        });
      }
    }
  }

  async #tearDown(): Promise<void> {
    await this.#endPhase();
    this.#beginPhase('teardown');
    const keep = this.#options.keep && this.#site !== undefined && this.#fold.report().verdict !== 'ready';
    try {
      await this.#saveLogs();
      await this.#endObservers();
      if (keep) await this.#site?.keep();
      await this.#stack.disposeAsync(); // leaves node and gap of a kept session up
    } catch (error) {
      this.log.append({ type: 'fault', source: 'teardown', message: reasonOf(error) });
    }
    this.#site = undefined;
    await this.#endPhase();
  }

  /** What K3s said up to now: the copy that was made when the node was Ready knows nothing of what came after. */
  async #saveLogs(): Promise<void> {
    const { node, k3sLog } = this.#site ?? {};
    if (node === undefined || k3sLog === undefined) return;
    await saveLog(node, k3sLog, this.#options.signal.aborted).catch((error: unknown) => {
      this.log.append({
        type: 'limit',
        id: 'k3s-log',
        message: `K3s’s log is not whole: ${reasonOf(error)}`,
      });
    });
  }

  /** What checks are told of the simulated site. */
  #siteFacts(): Pick<CheckContext, 'site'> {
    const { services } = this.site;
    if (services === null) return {};
    const { images, ownAuthority } = services;
    return {
      site: {
        images: new Set(images.map(({ reference }) => reference)),
        ...(ownAuthority === null ? {} : { authority: ownAuthority }),
      },
    };
  }

  #shared(): {
    inspected: Inspected;
    plan: Inspected['plan'];
    clock: Clock;
    log: EventLog;
    signal: AbortSignal;
  } {
    return {
      inspected: this.#inspected,
      plan: this.plan,
      clock: this.#clock,
      log: this.log,
      signal: this.#options.signal,
    };
  }

  #proveContext(): ProveContext {
    return { ...this.#shared(), site: this.site, fold: this.#fold };
  }
}

export type CheckEvent = EventOf<'check'>;
