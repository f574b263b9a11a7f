// SPDX-License-Identifier: Apache-2.0
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { readAssets } from '../../../harness/core/assets.ts';
import { hostRunner } from '../../../harness/core/runner.ts';
import { openEngine } from '../../../harness/providers/container/engine.ts';
import { ensureNodeImage } from '../../../harness/providers/container/node-image.ts';
import { sh } from '../providers/fixture.ts';
import { needs, REPO_ROOT } from '../support/needs.ts';
import { bootContainerSite } from './fixture.ts';

/** vfs_cap_data of revision 2 (linux/capability.h): CAP_NET_RAW, permitted and effective. */
const NET_RAW = '0100000200200000000000000000000000000000';
const SETXATTR = 188; // x86-64
const AS_NOBODY = 'setpriv --reuid=65534 --clear-groups --inh-caps=-all --';

/** By a system call of perl, which every Debian has; setcap is a package of its own. */
async function giveCapability(file: string): Promise<void> {
  const script = `$name = "security.capability"; $value = pack("H*", $ARGV[1]);
    syscall(${SETXATTR}, $ARGV[0], $name, $value, length($value), 0) == 0 or die $!;`;
  await execa('perl', ['-e', script, file, NET_RAW]);
}

describe('file capabilities of a node image', function fileCapabilities() {
  this.timeout(180_000);
  const stack = new AsyncDisposableStack();
  let root: string;

  before(async function () {
    needs(this, 'root', 'netns', 'k3s', 'container');
    const { nodeImage } = await readAssets(REPO_ROOT);
    root = join(stack.use(await mkdtempDisposable('/var/tmp/airgap-capability-')).path, 'root');
    await execa('cp', ['-a', nodeImage, root]);
    await execa('cp', [join(root, 'usr/bin/cat'), join(root, 'usr/bin/as-raw')]);
  });
  after(async () => await stack.disposeAsync());

  it('come with it into a container, and a tree that got one is another image', async () => {
    const { docker } = await openEngine();
    const references: string[] = [];
    const keep = async (): Promise<string> => {
      const reference = await ensureNodeImage(docker, hostRunner, root);
      references.push(reference);
      return reference;
    };
    stack.defer(async () => {
      for (const reference of new Set(references)) await docker.getImage(reference).remove();
    });
    const without = await keep();
    expect(await keep()).to.equal(without);
    await giveCapability(join(root, 'usr/bin/as-raw'));
    expect(await keep()).not.to.equal(without);

    await using site = await bootContainerSite({ image: root });
    const effective = async (program: string): Promise<string> =>
      await sh(site.node, `${AS_NOBODY} ${program} /proc/self/status | grep CapEff`);
    expect(await effective('cat')).to.match(/\s0000000000000000$/);
    expect(await effective('as-raw')).to.match(/\s0000000000002000$/);
    expect(await readFile(join(root, 'usr/bin/as-raw'))).to.deep.equal(
      await readFile(join(root, 'usr/bin/cat')),
    );
  });
});
