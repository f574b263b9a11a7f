// SPDX-License-Identifier: Apache-2.0
import type { Check, CheckContext, CheckResult } from '../core/cluster.ts';
import type { Gate } from '../core/gate.ts';
import { AUTHORITY_NAME, type PlannedService } from '../core/site.ts';
import { clockCheck } from './site-clock.ts';
import { verdictOf } from './listing.ts';
import { askPatiently, probeFromNode, type Question } from './probe.ts';

/** Id of the check that reaches them all. */
export const SITE_SERVICES = 'site-services';

/** Checks of what the gate declares that the site offers; none where it declares nothing. */
export function siteChecks(gate: Gate, services: readonly PlannedService[]): Check[] {
  if (services.length === 0) return [];
  const ntp = services.find(({ kind }) => kind === 'ntp');
  return [reachable(gate, services), ...(ntp === undefined ? [] : [clockCheck(ntp)])];
}

/** Before the bundle's own programs try: what fails here fails for all of them. */
function reachable(gate: Gate, services: readonly PlannedService[]): Check {
  const own = gate.services?.authority.files ?? null;
  const signer = `signed by the site's authority (${own === null ? AUTHORITY_NAME : own.certificate})`;
  return {
    id: SITE_SERVICES,
    title: 'the services of the site are reached from the node',
    phase: 'install',
    async run(context): Promise<CheckResult> {
      const problems: string[] = [];
      for (const service of services) {
        for (const question of questionsFor(gate, service)) {
          const problem = await ask(context, service, question, signer);
          if (problem !== null) problems.push(problem);
        }
      }
      const names = services.map(({ hosts }) => hosts.join(', ')).join('; ');
      return verdictOf(problems, `reached by name: ${names}`);
    },
  };
}

async function ask(
  context: CheckContext,
  service: PlannedService,
  question: Question,
  signer: string,
): Promise<string | null> {
  const { ok, error } = await askPatiently(context, async () => await probeFromNode(context, question));
  if (ok) return null;
  const what = `service "${service.name}" of the site, ${question[1]}`;
  if (!/x509|certificate/.test(error))
    return `${what}, is not reached from node ${context.cluster.node.name}: ${error}`;
  const host = URL.canParse(question[1]) ? new URL(question[1]).host : question[1];
  return `${what}: node ${context.cluster.node.name} does not trust the certificate of ${host}, ${signer}: ${error}`;
}

/** A name of the zone with `*` in it is no name to ask for, and time servers have a check of their own. */
function questionsFor(gate: Gate, service: PlannedService): Question[] {
  const host = service.hosts.find((name) => !name.includes('*'));
  if (host === undefined || service.kind === 'ntp') return [];
  const scheme = schemeOf(gate, service);
  return service.ports.map((port) =>
    scheme === null
      ? (['tcp', `${host}:${port}`] as const)
      : ([
          'http',
          `${scheme}://${host}${isDefault(scheme, port) ? '' : `:${port}`}${pathOf(service)}`,
        ] as const),
  );
}

function pathOf({ kind }: PlannedService): string {
  if (kind === 'registry') return '/v2/';
  return kind === 'charts' ? '/index.yaml' : '/';
}

function isDefault(scheme: string, port: number): boolean {
  return port === (scheme === 'https' ? 443 : 80);
}

/** Null: no HTTP is spoken there, or it is not known. */
function schemeOf(
  { services, internal }: Gate,
  { kind, internal: name }: PlannedService,
): 'http' | 'https' | null {
  if (kind === 'registry' || kind === 'charts' || kind === 'packages' || kind === 'files')
    return services?.[kind]?.tls === true ? 'https' : 'http';
  const stub = internal.find((one) => one.name === name)?.serve;
  return stub?.kind === 'http' ? (stub.tls ? 'https' : 'http') : null;
}
