// SPDX-License-Identifier: Apache-2.0
import { readAssets } from '../../../harness/core/assets.ts';
import { planNoRoute } from '../../../harness/gap/no-route.ts';
import { openGap } from '../../../harness/gap/open-gap.ts';
import { readGate } from '../../../harness/gate/read-gate.ts';
import { planServices } from '../../../harness/plan/plan-services.ts';
import { openSession } from '../../../harness/providers/session.ts';
import { startSite } from '../../../harness/site/services/start-site.ts';
import { EMPTY_BUNDLE } from '../../support/empty-bundle.ts';
import { REPO_ROOT } from '../support/needs.ts';

// A program of its own, to be killed: starts the services of a gate (first argument), says its session id, and waits.
const [file = '', outDir = ''] = process.argv.slice(2);
const gate = await readGate(file);
const services = planServices(gate);
const session = await openSession({ outDir });
const gap = await openGap(session, planNoRoute(undefined, services));
const assets = await readAssets(REPO_ROOT);
const log = { append: () => {} };
const netns = gap.netns.services;
await startSite({ session, services, netns, gate, bundle: EMPTY_BUNDLE, assets, outDir, log });
process.stdout.write(`${session.id}\n`);
await new Promise(() => setInterval(() => {}, 60_000));
