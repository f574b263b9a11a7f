// SPDX-License-Identifier: Apache-2.0
import type { InsideRanges } from '../core/events.ts';
import { PROXY_FILES, proxyVariables } from '../core/proxy.ts';
import type { DropIn } from './drop-ins.ts';

/** The files of a node in a site with a proxy: for who logs in to install, and for K3s, whose containerd pulls by it. `names` as in proxyVariables. */
export function proxyFiles(inside: InsideRanges, names: readonly string[]): DropIn[] {
  const lines = Object.entries(proxyVariables(inside, names)).map(([name, value]) => `${name}=${value}\n`);
  return Object.values(PROXY_FILES).map((path) => ({ path, content: lines.join('') }));
}
