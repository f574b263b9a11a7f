// SPDX-License-Identifier: Apache-2.0
import { openVmSite } from './fixture.ts';

// A program of its own, to be killed: a virtual machine that is up.
const site = await openVmSite();
await site.node.boot();
process.stdout.write(`${site.session.id}\n`);
await new Promise(() => setInterval(() => {}, 60_000));
