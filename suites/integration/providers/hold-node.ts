// SPDX-License-Identifier: Apache-2.0
import { bootSite } from './fixture.ts';

// A program of its own, to be killed: boots a node, starts a program in it and beside it, says its session id, and waits.
const site = await bootSite();
if (process.argv.includes('keep')) {
  await site.session.keep();
}
site.node.spawn(['sh', '-c', 'setsid sleep 3600 & sleep 3600']);
await site.node.exec([
  'sh',
  '-c',
  'mkdir /sys/fs/cgroup/memory/kubepods 2>/dev/null; ip link add cni0 type bridge',
]);
site.prepared.vantage.spawn(['sleep', '3600'], { netns: site.gap.netns.sink });
process.stdout.write(`${site.session.id}\n`);
if (process.argv.includes('leave')) process.exit(0);
await new Promise(() => setInterval(() => {}, 60_000));
