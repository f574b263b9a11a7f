// SPDX-License-Identifier: Apache-2.0
import type { Report } from '../core/report.ts';
import type { Facts } from './facts.ts';

const UNANSWERED =
  'No connection was answered, so the TLS server name, the HTTP path and what a program would have asked for next are unknown; a program that stopped at its first failed call may have more to call.';
const CUT_OFF =
  'Every connection was taken and reset once it had said what it wants: paths inside TLS, QUIC’s server names, what a server that speaks first would have been asked, and what a program asks for after its first answer are unknown.';

const REFUSING_PROXY =
  'The site’s proxy refused every request, so what a program would have fetched by it, and what it asks for next, is unknown. Pods are given no proxy variables: a workload that should use the proxy has to set them itself.';
const NO_REGISTRY =
  'The gate declares no registry (site.services.registry), so in profile registry-only nothing at all could be reached.';

function requiredToo(others: readonly string[]): string {
  return `This run is of one profile; the gate requires ${others.join(', ')} too, each in a run of its own.`;
}

/** What no run in this profile can show. */
export function limitsOfProfile({ run }: Pick<Facts, 'run'>): Report['limits'] {
  const { profile } = run.environment;
  const others = (run.gate.profiles ?? []).filter((required) => required !== profile);
  const hasRegistry = run.services?.some(({ kind }) => kind === 'registry') ?? false;
  return [
    { id: 'names-behind-addresses', message: profile === 'trap' ? CUT_OFF : UNANSWERED },
    ...(others.length === 0 ? [] : [{ id: 'other-profiles', message: requiredToo(others) }]),
    ...(profile === 'proxy' ? [{ id: 'proxy-refuses', message: REFUSING_PROXY }] : []),
    ...(profile === 'registry-only' && !hasRegistry ? [{ id: 'no-registry', message: NO_REGISTRY }] : []),
  ];
}
