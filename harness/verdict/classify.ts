// SPDX-License-Identifier: Apache-2.0
import type { BundleSummary } from '../core/bundle.ts';
import { describeCulprit } from '../core/describe.ts';
import type { Attempt } from '../core/report.ts';
import { chartRemedy } from './chart-remedy.ts';
import { CLASS_BY_PORT, CLASS_BY_PROGRAM, CLASSES } from './classes.ts';
import { findInBundle, otherTagsInBundle } from './images.ts';
import { knownHost } from './known-hosts.ts';
import { addressOfReverseName } from './reverse-names.ts';
import { programOf } from './tasks.ts';

/** What classification looks at. */
export interface Classified {
  readonly protocol: string;
  readonly destination: Attempt['destination'];
  readonly source: Attempt['source'];
  /** The image that the container runtime wanted on behalf of the source, with its pull policy. */
  readonly wanted: { readonly image: string; readonly pullPolicy: string | null } | null;
  /** Nothing but frames was seen of it: no socket asked the kernel for a route. */
  readonly framesOnly: boolean;
  /** Other names of the same source, to tell a name with a search domain appended. */
  readonly namesOfSource: ReadonlySet<string>;
}

const METADATA_ADDRESSES: ReadonlySet<string> = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '168.63.129.16',
  '100.100.100.200',
  'fd00:ec2::254',
]);
const DOH_ADDRESSES: ReadonlySet<string> = new Set(['1.1.1.1', '1.0.0.1', '8.8.8.8', '8.8.4.4', '9.9.9.9']);

/** Class and remedy of an attempt; the remedy names the culprit and, where it is known, the setting to change. */
export function classify(subject: Classified, bundle: BundleSummary): { class: string; remedy: string } {
  const ofChart = subject.wanted === null ? chartRemedy(subject, bundle) : null;
  if (ofChart !== null) return ofChart;
  const className = classOf(subject);
  const who = describeCulprit(subject.source);
  if (className === 'image-pull') return { class: className, remedy: pullRemedy(subject, who, bundle) };
  const known = subject.destination.name === null ? null : knownHost(subject.destination.name);
  const advice = (CLASSES[className] ?? '').replaceAll('{who}', who);
  const specific = known?.class === className ? known : null;
  const lead = specific === null ? '' : `This is ${specific.what}. `;
  return {
    class: className,
    remedy: `${lead}${specific?.setting ?? advice}${target(specific?.setting, who)}`,
  };
}

function target(setting: string | null | undefined, who: string): string {
  return setting === null || setting === undefined ? '' : ` Where: ${who}.`;
}

function classOf(subject: Classified): string {
  if (subject.wanted !== null) return 'image-pull';
  const { name, address, port } = subject.destination;
  const program = CLASS_BY_PROGRAM[programOf(subject.source.process.exe ?? '')];
  if (name !== null) {
    if (isSearchDomainLeak(name, subject.namesOfSource)) return 'search-domain';
    if (addressOfReverseName(name) !== null || name.endsWith('.arpa')) return 'reverse-lookup';
    return knownHost(name)?.class ?? program ?? 'unknown-name';
  }
  if (address !== null && METADATA_ADDRESSES.has(address)) return 'cloud-metadata';
  if (subject.protocol === 'icmp' || subject.protocol === 'icmpv6') return 'icmp-ping';
  if (subject.protocol === 'tcp' || subject.protocol === 'udp') {
    if (port === 53) return 'dns-server';
    if (subject.framesOnly) return 'raw-frame';
    if (port === 443 && address !== null && DOH_ADDRESSES.has(address)) return 'doh';
    return program ?? CLASS_BY_PORT[port ?? -1] ?? 'unknown-address';
  }
  return subject.protocol === 'igmp' ? 'discovery' : 'raw-frame';
}

/** `db.shop.svc.corp.example`, or `updates.example.com.corp.example` beside `updates.example.com`. */
function isSearchDomainLeak(name: string, others: ReadonlySet<string>): boolean {
  if (/\.svc\./.test(name)) return true;
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const shorter = name.slice(0, dot);
    if (shorter.includes('.') && others.has(shorter)) return true;
  }
  return false;
}

function pullRemedy({ wanted, destination }: Classified, who: string, bundle: BundleSummary): string {
  if (wanted === null) {
    const host = destination.name ?? destination.address ?? 'a registry';
    return `${who} asked ${host} for an image that no pod was known to wait for, e.g. a sandbox (pause) image. Compare the container runtime’s sandbox image with the images of the bundle.`;
  }
  const { image, pullPolicy } = wanted;
  const inBundle = findInBundle(image, bundle);
  if (inBundle !== null) {
    if (pullPolicy === 'Always')
      return `The image is in the bundle (${inBundle.archive}), but imagePullPolicy: Always asks its registry at every start. Set imagePullPolicy: IfNotPresent in ${who} for ${image}.`;
    return `The image is in the bundle (${inBundle.archive}), yet the node wanted it from its registry: it was not imported, or removed by garbage collection. See the check of images in the node’s store; ${who} needs ${image}.`;
  }
  const others = otherTagsInBundle(image, bundle);
  if (others.length > 0)
    return `${who} wants ${image}; the bundle has ${others.join(', ')}. Make the two names equal.`;
  const always = pullPolicy === 'Always' ? ' and set imagePullPolicy: IfNotPresent' : '';
  return `${image} is not in the bundle. Add it${always}, or change ${who} to an image that is.`;
}
