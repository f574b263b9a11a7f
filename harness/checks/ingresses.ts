// SPDX-License-Identifier: Apache-2.0
import { CoreV1Api, NetworkingV1Api, type V1Ingress, type V1Service } from '@kubernetes/client-node';
import type { Check, CheckContext } from '../core/cluster.ts';
import { ingressRoutes } from './ingress-routes.ts';
import { listed, nothingToAsk, verdictOf } from './listing.ts';
import { askPatiently, type ProbeAnswer, probeFromNode, probeFromSite } from './probe.ts';
import { dialled, nodeAddresses, published } from './site-addresses.ts';
import { readTraefik, type TraefikRoute, traefikRoutes } from './traefik-routes.ts';

export const ingresses: Check = {
  id: 'ingresses',
  title:
    'every Ingress and IngressRoute is reached from outside the cluster by its host names, by HTTP and by HTTPS',
  phase: 'exercise',
  async run(context) {
    const { cluster } = context;
    const { items } = await cluster.config.makeApiClient(NetworkingV1Api).listIngressForAllNamespaces();
    const traefik = await readTraefik(cluster);
    if (items.length + traefik.objects.length === 0) return nothingToAsk('there is no Ingress');
    const services = (await cluster.config.makeApiClient(CoreV1Api).listServiceForAllNamespaces()).items;
    const nodes = await nodeAddresses(cluster);
    const problems: string[] = [];
    const skipped: string[] = [];
    let asked = 0;
    for (const ingress of items) {
      const { ask, foreign } = published(ingress.status?.loadBalancer?.ingress, nodes);
      const label = `${ingress.metadata?.namespace}/${ingress.metadata?.name}`;
      if (ask.length + foreign.length === 0) problems.push(noAddress(label, ingress));
      skipped.push(...foreign.map((address) => `${label} at ${address} (no node has that address)`));
      for (const address of ask) {
        for (const route of ingressRoutes(ingress, services)) {
          asked += route.tls ? 2 : 1;
          const schemes = route.tls ? BOTH : BOTH.slice(0, 1);
          problems.push(
            ...(await askRoute(context, { ...route, schemes, changed: false }, address, 'Ingress')),
          );
        }
      }
    }
    const gates = services
      .filter(isTraefik)
      .map(({ status }) => published(status?.loadBalancer?.ingress, nodes));
    const addresses = [...new Set(gates.flatMap(({ ask }) => ask))];
    for (const object of traefik.objects) {
      const found = traefikRoutes(object, services, traefik.middlewares);
      problems.push(...found.problems);
      skipped.push(...found.skipped);
      if (addresses.length === 0)
        problems.push(
          `IngressRoute ${object.metadata.namespace}/${object.metadata.name}: no Traefik has an address`,
        );
      for (const address of addresses) {
        for (const route of found.routes) {
          asked += route.schemes.length;
          problems.push(...(await askRoute(context, route, address, 'IngressRoute')));
        }
      }
    }
    return verdictOf(
      problems,
      `${asked} route(s) of Ingresses answer from outside${listed('; not asked', skipped)}`,
    );
  },
};

const BOTH = ['http', 'https'] as const;

/** A Service by which a Traefik is reached, K3s's own or another. */
function isTraefik({ metadata, spec }: V1Service): boolean {
  return spec?.type === 'LoadBalancer' && metadata?.labels?.['app.kubernetes.io/name'] === 'traefik';
}

async function askRoute(
  context: CheckContext,
  route: TraefikRoute,
  address: string,
  kind: 'Ingress' | 'IngressRoute',
): Promise<string[]> {
  const { host, ingress, tls, url, schemes } = route;
  const direct = await askDirectly(context, route);
  const problems: string[] = [];
  for (const scheme of schemes) {
    const via = dialled(address, scheme === 'http' ? 80 : 443);
    const problemOf = (answer: ProbeAnswer): string | null =>
      routeProblem(answer, direct, { isHttps: scheme === 'https', tls });
    const answer = await askPatiently(
      context,
      async () => await probeFromSite(context, ['http', `${scheme}://${url}`, '--via', via]),
      (candidate) => problemOf(candidate) === null,
    );
    const wrong = problemOf(answer);
    if (wrong !== null) problems.push(`${kind} ${ingress}: ${scheme}://${url} at ${via}: ${wrong}`);
    else if (scheme === 'https' && tls && answer.certificate?.covers === false) {
      problems.push(
        `${kind} ${ingress}: ${scheme}://${url} at ${via} is served with a certificate that is not for ${host} (${answer.certificate.subject})`,
      );
    }
  }
  return problems;
}

/** The Service's own answer; null: it cannot be asked. What Middlewares make of it nobody can tell: then it counts as one without an answer. */
async function askDirectly(
  context: CheckContext,
  { backend, changed, url }: TraefikRoute,
): Promise<Pick<ProbeAnswer, 'ok' | 'status'> | null> {
  if (changed) return { ok: false, status: 0 };
  if (backend === null) return null;
  return await probeFromNode(context, ['http', `http://${url}`, '--via', backend]);
}

/** What an ingress controller answers when nothing stands behind a route. */
const NOTHING_BEHIND: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * What is wrong with the answer that came through the Ingress, null when nothing is: it is like the one that the Service gives
 * when it is asked itself, whatever that is, or leads on to HTTPS.
 *
 * @param direct the Service's own answer, null when it could not be asked
 */
export function routeProblem(
  answer: Pick<ProbeAnswer, 'ok' | 'error' | 'status'>,
  direct: Pick<ProbeAnswer, 'ok' | 'status'> | null,
  { isHttps, tls }: { readonly isHttps: boolean; readonly tls: boolean },
): string | null {
  const { ok, error, status } = answer;
  if (!ok) return error;
  const leadsOn = status >= 300 && status < 400;
  if (leadsOn && tls && !isHttps) return null;
  if (direct?.ok === true) {
    const alike = Math.floor(status / 100) === Math.floor(direct.status / 100);
    return alike ? null : `status ${status}, while the Service itself answers ${direct.status}`;
  }
  if (NOTHING_BEHIND.has(status)) return `status ${status}: nothing answers behind it`;
  return status === 404 && direct === null ? 'status 404, and there is no such Service port behind it' : null;
}

function noAddress(label: string, { spec, metadata }: V1Ingress): string {
  const named = spec?.ingressClassName ?? metadata?.annotations?.['kubernetes.io/ingress.class'];
  const whose = named === undefined ? 'it names no class' : `its class is ${named}`;
  return `Ingress ${label} has no address: no ingress controller has taken it (${whose})`;
}
