// SPDX-License-Identifier: Apache-2.0
import { PROVIDERS } from '../../../harness/providers/provider.ts';
import { bootSite } from './fixture.ts';

// A program of its own, to be killed: boots a node, starts a program in it and beside it, says its session id, and waits.
// Arguments in any order: a provider's name (else netns), keep, leave.
const provider = PROVIDERS.find((id) => process.argv.includes(id)) ?? 'netns';
const site = await bootSite({ provider });
if (process.argv.includes('keep')) {
  await site.session.keep();
}
site.node.spawn(['sh', '-c', 'setsid sleep 3600 & sleep 3600']);
await site.node.exec([
  'sh',
  '-c',
  'mkdir /sys/fs/cgroup/memory/kubepods 2>/dev/null; ip link add cni0 type bridge',
]);
site.gap.vantage.spawn(['sleep', '3600'], { netns: site.gap.netns.sink });
process.stdout.write(`${site.session.id}\n`);
if (process.argv.includes('leave')) process.exit(0);
await new Promise(() => setInterval(() => {}, 60_000));
