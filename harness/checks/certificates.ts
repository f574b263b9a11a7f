// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { CoreV1Api, NetworkingV1Api, type V1Ingress, type V1Secret } from '@kubernetes/client-node';
import { wallClock } from '../core/clock.ts';
import type { Check } from '../core/cluster.ts';
import { reasonOf } from '../core/errors.ts';
import { readServerCertificate } from './server-certificate.ts';
import { verdictOf } from './listing.ts';

/** Nobody renews a certificate inside the gap within days: what ends sooner than this is as good as ended. */
export const LEAST_DAYS = 30;
const DAY_MS = 86_400_000;

/** Certificates that a run met, and what they are for. */
interface Served {
  /** For messages, e.g. `Secret shop/web-tls`. */
  readonly what: string;
  /** The server's own first. */
  readonly chain: readonly X509Certificate[];
}

export const certificates: Check = {
  id: 'certificates',
  title: 'certificates of the cluster and of Ingresses are valid, and stay so',
  phase: 'exercise',
  async run({ cluster, helper, site }) {
    const core = cluster.config.makeApiClient(CoreV1Api);
    const [secrets, ingresses, api] = await Promise.all([
      core.listSecretForAllNamespaces({ fieldSelector: 'type=kubernetes.io/tls' }),
      cluster.config.makeApiClient(NetworkingV1Api).listIngressForAllNamespaces(),
      readServerCertificate(cluster.node),
    ]);
    const own = secrets.items.filter(({ metadata }) => metadata?.namespace !== helper.namespace);
    const authority = site?.authority === undefined ? null : new X509Certificate(site.authority);
    const now = wallClock(cluster.node.vantage.clock);
    const problems = [
      ...validity({ what: `API server of node ${cluster.node.name}`, chain: [api] }, now),
      ...own.flatMap((secret) => secretProblems(secret, authority, now)),
      ...ingresses.items.flatMap((ingress) => ingressProblems(ingress, own)),
    ];
    const trusted = authority === null ? '' : ', signed by the site’s authority';
    return verdictOf(
      problems,
      `the API server’s and those of ${own.length} Secret(s) are valid for ${LEAST_DAYS} days and more${trusted}`,
    );
  },
};

/** What is wrong with a Secret's certificate. `authority`: the one it must come from; null: none is asked for. */
export function secretProblems(secret: V1Secret, authority: X509Certificate | null, now: number): string[] {
  const what = `Secret ${secret.metadata?.namespace}/${secret.metadata?.name}`;
  const chain = chainOf(secret);
  if (typeof chain === 'string') return [`${what}: ${chain}`];
  const served = { what, chain };
  return [...validity(served, now), ...(authority === null ? [] : signedBy(served, authority))];
}

/** What is wrong with the certificates that an Ingress names. */
export function ingressProblems({ metadata, spec }: V1Ingress, secrets: readonly V1Secret[]): string[] {
  const what = `Ingress ${metadata?.namespace}/${metadata?.name}`;
  return (spec?.tls ?? []).flatMap(({ secretName, hosts }) => {
    if (secretName === undefined) return []; // the ingress controller's own
    const secret = secrets.find(
      (one) => one.metadata?.namespace === metadata?.namespace && one.metadata?.name === secretName,
    );
    if (secret === undefined) return [`${what}: there is no TLS Secret "${secretName}"`];
    const chain = chainOf(secret);
    const [leaf] = typeof chain === 'string' ? [] : chain;
    if (leaf === undefined) return []; // said of the Secret itself
    return (hosts ?? [])
      .filter((host) => leaf.checkHost(host.replace(/^\*/, 'any')) === undefined)
      .map((host) => `${what}: the certificate of Secret "${secretName}" is not for ${host}`);
  });
}

/** The certificates of a Secret, or why there are none. */
function chainOf({ data }: V1Secret): X509Certificate[] | string {
  const text = Buffer.from(data?.['tls.crt'] ?? '', 'base64').toString('utf8');
  const parts = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (parts.length === 0) return 'tls.crt holds no certificate';
  try {
    return parts.map((part) => new X509Certificate(part));
  } catch (error) {
    return `tls.crt cannot be read: ${reasonOf(error)}`;
  }
}

function validity({ what, chain }: Served, now: number): string[] {
  return chain.flatMap((certificate, index) => {
    const who = `${what}${index === 0 ? '' : `, certificate ${index + 1} of its chain`}`;
    const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
    if (now < from) return [`${who}: not valid before ${certificate.validFrom}`];
    if (now > to) return [`${who}: expired on ${certificate.validTo}`];
    const days = Math.floor((to - now) / DAY_MS);
    return days >= LEAST_DAYS ? [] : [`${who}: expires in ${days} day(s), on ${certificate.validTo}`];
  });
}

/** Each certificate is signed by the next, the last by the authority, or it is the authority. */
function signedBy({ what, chain }: Served, authority: X509Certificate): string[] {
  for (const [index, certificate] of chain.entries()) {
    if (certificate.fingerprint256 === authority.fingerprint256) return [];
    const next = chain[index + 1] ?? authority;
    if (!certificate.checkIssued(next) || !certificate.verify(next.publicKey)) {
      const issuer = certificate.issuer.replaceAll('\n', ', ');
      return [
        `${what}: its certificate does not come from the site’s authority (${authority.subject}) but from ${issuer}`,
      ];
    }
  }
  return [];
}
