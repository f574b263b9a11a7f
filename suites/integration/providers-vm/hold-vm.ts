// SPDX-License-Identifier: Apache-2.0
import { openVmSite } from './fixture.ts';

// A program of its own: a virtual machine that is up. It waits to be killed, or keeps the machine and ends.
const site = await openVmSite();
await site.node.boot();
const isKept = process.argv.includes('keep');
if (isKept) {
  await site.session.keep();
  await site[Symbol.asyncDispose]();
}
process.stdout.write(`${site.session.id}\n`);
if (!isKept) await new Promise(() => setInterval(() => {}, 60_000));
