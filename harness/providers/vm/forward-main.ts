// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { managementKeys } from './keys.ts';
import { forwardAll, Management } from './management.ts';
import { MACHINE_FILES } from './qemu.ts';
import { KEYS_FILE } from './stay-reachable.ts';

// A program of its own (stay-reachable.ts): forward-main.ts FOLDER NODE. Its login is what keeps it alive.
const [folder = '', node = ''] = process.argv.slice(2);
const keys = managementKeys.parse(JSON.parse(await readFile(join(folder, KEYS_FILE), 'utf8')));
const management = new Management({ port: join(folder, MACHINE_FILES.ssh), keys, node });
await management.login(new AbortController().signal);
await forwardAll(management, folder);
process.stdout.write('ready\n');
