// SPDX-License-Identifier: Apache-2.0
import { bootContainerSite } from './fixture.ts';

// A program of its own, to be killed: boots a node that is a container, starts a program in it, says its session id, and waits.
const site = await bootContainerSite();
if (process.argv.includes('keep')) await site.session.keep();
site.node.spawn(['sh', '-c', 'setsid sleep 3600 & sleep 3600']);
await site.node.exec([
  'sh',
  '-c',
  'mkdir /sys/fs/cgroup/memory/kubepods 2>/dev/null; ip link add cni0 type bridge',
]);
process.stdout.write(`${site.session.id}\n`);
if (process.argv.includes('leave')) process.exit(0);
await new Promise(() => setInterval(() => {}, 60_000));
