// SPDX-License-Identifier: Apache-2.0
import { gzipSync } from 'node:zlib';
import { type RawMember, rawTar } from '../unit/bundle/support/raw-tar.ts';

/** Files of a chart by their path below its folder. */
export type ChartSource = Readonly<Record<string, string | Buffer>>;

/** Chart.yaml with the least that helm wants. */
export function chartYaml(name: string, more = ''): string {
  return `apiVersion: v2\nname: ${name}\nversion: 1.2.3\nappVersion: "4"\n${more}`;
}

/** A packed chart, as `helm package` makes it. */
export function packedChart(name: string, files: ChartSource = {}): Buffer {
  const all = { 'Chart.yaml': chartYaml(name), ...files };
  return packedMembers(Object.entries(all).map(([path, content]) => ({ name: `${name}/${path}`, content })));
}

/** The same of any members, to be wrong in any way. */
export function packedMembers(members: readonly RawMember[]): Buffer {
  return gzipSync(rawTar(members));
}
