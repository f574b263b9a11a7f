// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';

/** The checkout this program runs from: its assets, suites and examples lie there. */
export const REPO_ROOT = resolve(import.meta.dirname, '../..');
export const DEFAULT_OUT = join(REPO_ROOT, 'reports', 'out');
