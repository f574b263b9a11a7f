// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { type Capability, probeCapabilities } from '../../../harness/providers/capabilities.ts';
import { leftovers } from '../support/airgap.ts';
import { needs, REPO_ROOT } from '../support/needs.ts';

/** The same probes in a process with other rights. */
async function probeAs(
  [file, ...wrapper]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
): Promise<Capability[]> {
  const script = `import { probeCapabilities } from '${REPO_ROOT}/harness/providers/capabilities.ts';
process.stdout.write(JSON.stringify(await probeCapabilities()));`;
  const { stdout } = await execa(file, [...wrapper, process.execPath, '--input-type=module', '-e', script], {
    env,
  });
  return JSON.parse(stdout) as Capability[];
}

function failures(capabilities: readonly Capability[]): string[] {
  return capabilities
    .filter(
      ({ ok, neededBy, blinds }) => !ok && [...neededBy, ...(blinds?.providers ?? [])].includes('netns'),
    )
    .map(({ id }) => id);
}

describe('capabilities of this machine', () => {
  before(function () {
    needs(this, 'root', 'netns', 'tracefs');
  });

  it('where nodes of namespaces run, all that they need is there, and the probes leave nothing', async () => {
    const before = await leftovers();
    const capabilities = await probeCapabilities();
    expect(failures(capabilities)).to.deep.equal([]);
    expect(capabilities.filter(({ ok, remedy }) => ok !== (remedy === null))).to.deep.equal([]);
    expect((await leftovers()).filter((thing) => !before.includes(thing))).to.deep.equal([]);
  });

  it('an ordinary user is told what is missing, why, and what to do', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-user-'));
    await chmod(dir.path, 0o777);
    const user = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] as const;
    const capabilities = await probeAs(user, { AIRGAP_STATE_DIR: join(dir.path, 'state') });
    expect(failures(capabilities)).to.include.members([
      'root',
      'namespaces',
      'network-namespaces',
      'overlay',
      'cgroups',
      'routing-tracepoints',
    ]);
    expect(capabilities.find(({ id }) => id === 'root')).to.deep.equal({
      id: 'root',
      ok: false,
      neededBy: ['netns', 'container'],
      reason: 'effective user id is 65534',
      remedy: 'run as root (sudo npm ...)',
    });
    expect(capabilities.find(({ id }) => id === 'namespaces')?.reason).to.match(/Operation not permitted/);
  });

  it('a state directory on an overlay, and missing tools, are found', async () => {
    const script =
      'cd "$(mktemp -d)" && mount -t tmpfs t . && cd "$PWD" && mkdir l u w m && mount -t overlay o -o lowerdir=l,upperdir=u,workdir=w m && ' +
      'export AIRGAP_STATE_DIR=$PWD/m/state && mount -t tmpfs t /usr/sbin && exec "$@"';
    const capabilities = await probeAs(['unshare', '--mount', 'bash', '-c', script, 'bash'], {});
    expect(capabilities.find(({ id }) => id === 'disk')?.reason).to.match(/\/m\/state is on an overlay/);
    expect(capabilities.find(({ id }) => id === 'tools')?.reason).to.match(/^missing: .*\bnft\b/);
  });
});
