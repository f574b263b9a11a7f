// SPDX-License-Identifier: Apache-2.0
import type { CommandRunner } from '../core/command.ts';
import { configureNamespace, ipBatch, netnsPath, waitUntilUp } from '../core/namespace.ts';
import { hostVantage } from '../core/host-vantage.ts';
import type { LinkPlan, Vantage } from '../core/node.ts';
import { applyAnswers } from './apply-answers.ts';
import { type GapPlan, withForwarding } from './no-route.ts';

/** A gap that stands: sink and witness. Nodes put their links into the sink. */
export interface Gap extends AsyncDisposable {
  readonly plan: GapPlan;
  /** True when the sink forwards, deliberately: whatever a node sends outside arrives at the witness. */
  readonly forwarding: boolean;
  readonly link: LinkPlan;
  /** Where sink and witness are watched: they always stand on this machine. */
  readonly vantage: Vantage;
  /** Paths for SpawnOptions.netns. */
  readonly netns: {
    readonly sink: string;
    readonly witness: string;
    /** Of each service of the site, by its name. */
    readonly services: ReadonlyMap<string, string>;
  };
}

/** What the gap needs of a session. */
export interface GapSession {
  /** Resources are named `<label>-sink`, `<label>-witness` and `<label>-site-<service>`. */
  readonly label: string;
  readonly runner: CommandRunner;
  readonly record: { readonly kept: boolean };
}

/**
 * Makes sink and witness, and a namespace for each service of the site. Disposing removes them, unless the session was kept.
 *
 * @param options.forwarding a deliberate fault (`--inject-fault sink-forwarding`) @default false
 * @throws HarnessError; what was made until then is removed
 */
export async function openGap(
  session: GapSession,
  planned: GapPlan,
  { forwarding = false }: { readonly forwarding?: boolean } = {},
): Promise<Gap> {
  const plan = forwarding ? withForwarding(planned) : planned;
  const { label, runner } = session;
  const sink = `${label}-sink`;
  const witness = `${label}-witness`;
  const { sinkUplink, witnessInterface } = plan.link;
  const services = plan.services.map((service) => ({ ...service, netns: `${label}-site-${service.name}` }));
  await using undo = new AsyncDisposableStack();
  undo.defer(async () => {
    // Not one batch: each goes even when the other is gone.
    const all = [sink, witness, ...services.map(({ netns }) => netns)];
    await Promise.all(all.map(async (name) => await runner.run(['ip', 'netns', 'delete', name])));
  });
  await ipBatch(runner, [
    `netns add ${sink}`,
    `netns add ${witness}`,
    `link add ${sinkUplink} netns ${sink} type veth peer name ${witnessInterface} netns ${witness}`,
    ...services.flatMap(({ netns, port, device }) => [
      `netns add ${netns}`,
      `link add ${port} netns ${sink} type veth peer name ${device} netns ${netns}`,
    ]),
  ]);
  await configureNamespace(runner, witness, plan.witness);
  await configureNamespace(runner, sink, plan.sink);
  await applyAnswers(runner, sink, plan.answers);
  for (const { netns, inSink, own } of services) {
    await configureNamespace(runner, sink, inSink);
    await configureNamespace(runner, netns, own);
  }
  await Promise.all([
    waitUntilUp(runner, sink, sinkUplink),
    waitUntilUp(runner, witness, witnessInterface),
    ...services.map(async ({ netns, device }) => await waitUntilUp(runner, netns, device)),
  ]);
  const remove = undo.move();
  return {
    plan,
    forwarding,
    link: plan.link,
    vantage: hostVantage(runner),
    netns: {
      sink: netnsPath(sink),
      witness: netnsPath(witness),
      services: new Map(services.map(({ name, netns }) => [name, netnsPath(netns)])),
    },
    async [Symbol.asyncDispose]() {
      if (!session.record.kept) await remove.disposeAsync();
    },
  };
}
