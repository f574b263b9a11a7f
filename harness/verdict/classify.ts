// SPDX-License-Identifier: Apache-2.0
import { CLASSES } from '../core/attempt-classes.ts';
import type { BundleSummary } from '../core/bundle.ts';
import { describeCulprit } from '../core/describe.ts';
import type { Attempt } from '../core/report.ts';
import { chartRemedy } from './chart-remedy.ts';
import type { OwnerRows, OwnerSubject } from './classification/owner-rows.ts';
import { programsOf } from './classification/programs.ts';
import { findRow } from './classification/table.ts';
import { findInBundle, otherTagsInBundle } from './images.ts';
import { addressOfReverseName } from './reverse-names.ts';
import { isNextInSearch } from './search-path.ts';

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
  /** Names that the source wanted and the cluster did not know (search-path.ts). */
  readonly unknownInside: ReadonlySet<string>;
}

/** What an attempt is and what to do about it. */
export type Classification = Pick<Attempt, 'class' | 'classifiedBy' | 'what' | 'remedy'>;

/** By what rows are chosen: the bundle tells of images and charts, the gate brings rows of its owner. */
export interface ClassifyBy {
  readonly bundle: BundleSummary;
  readonly owners: OwnerRows;
}

/**
 * Class and remedy of an attempt; the remedy names the culprit and, where it is known, the setting to change. In this order: a
 * row of the gate's owner, what the charts of the bundle say, an image that a pod waits for, what the form of a name says, the
 * table. What nothing fits is unknown, with its raw facts.
 */
export function classify(subject: Classified, { bundle, owners }: ClassifyBy): Classification {
  const who = describeCulprit(subject.source);
  const facts = factsOf(subject);
  const own = owners.find(facts);
  if (own !== null) {
    const { what, remedy } = own;
    const advice = remedy === null ? adviceOf(own.class, who) : `${remedy} Where: ${who}.`;
    return { class: own.class, classifiedBy: 'gate', what, remedy: lead(what, advice) };
  }
  const ofChart = subject.wanted === null ? chartRemedy(subject, bundle) : null;
  if (ofChart !== null) return { ...ofChart, classifiedBy: 'harness', what: null };
  const row = findRow(facts) ?? findRow({ ...facts, name: withoutServiceLabels(facts.name) });
  const className =
    subject.wanted === null ? (formOfName(subject) ?? row?.class ?? unknownOf(facts)) : 'image-pull';
  const by = { class: className, classifiedBy: 'harness' } as const;
  const fits = row !== null && row.class === className;
  const what = fits ? row.what : null;
  if (className === 'image-pull') return { ...by, what, remedy: pullRemedy(subject, who, bundle) };
  if (!fits) return { ...by, what, remedy: adviceOf(className, who) };
  // Of an address or a port alone nothing is known that its class does not say.
  const isSure = row.when.names !== undefined || row.when.paths !== undefined || row.setting !== null;
  const advice = row.setting === null ? adviceOf(className, who) : `${row.setting} Where: ${who}.`;
  return { ...by, what, remedy: isSure ? lead(what, advice) : advice };
}

function factsOf({ protocol, destination, source, framesOnly }: Classified): OwnerSubject {
  const { name, sni, address, port, path } = destination;
  const { owner, namespace, image, process } = source;
  return {
    protocol,
    name: name ?? sni,
    address,
    port,
    path,
    image,
    programs: programsOf(process),
    framesOnly,
    owners: owner === null ? [] : [owner, `${namespace ?? ''}/${owner}`],
  };
}

function adviceOf(className: string, who: string): string {
  return (CLASSES[className] ?? '').replaceAll('{who}', who);
}

function lead(what: string | null, advice: string): string {
  return what === null ? advice : `This is ${what}. ${advice}`;
}

/** A name that left the cluster by its form, whatever stands behind it. */
function formOfName({ destination: { name }, namesOfSource, unknownInside }: Classified): string | null {
  if (name === null) return null;
  if (isNextInSearch(name, unknownInside) || isSearchDomainLeak(name, namesOfSource)) return 'search-domain';
  return addressOfReverseName(name) !== null || name.endsWith('.arpa') ? 'reverse-lookup' : null;
}

/** `api.vendor.example` of `_grpc_config.api.vendor.example`: what is asked about a host is asked because of the host (RFC 8552). */
function withoutServiceLabels(name: string | null): string | null {
  return name?.replace(/^(?:_[^.]+\.)+/, '') ?? null;
}

function unknownOf({ name, protocol }: OwnerSubject): string {
  if (name !== null) return 'unknown-name';
  return protocol === 'tcp' || protocol === 'udp' ? 'unknown-address' : 'raw-frame';
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
