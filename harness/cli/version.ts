// SPDX-License-Identifier: Apache-2.0
import packageJson from '../../package.json' with { type: 'json' };

export const VERSION = packageJson.version;
