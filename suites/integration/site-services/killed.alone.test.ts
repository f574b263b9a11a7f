// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { sweep } from '../../../harness/providers/sweep.ts';
import { unclaimed } from '../providers/held-node.ts';
import { needs } from '../support/needs.ts';

const HOLDER = join(import.meta.dirname, 'hold-site.ts');

describe('a harness that is killed while its site has services', function killed() {
  this.timeout(120_000);
  before(function () {
    needs(this, 'root', 'netns', 'k3s');
  });

  it('leaves what sweep removes: namespaces, programs, the time server with its mounts', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'airgap-killed-'));
    await mkdir(join(dir.path, 'files'));
    const gate = join(dir.path, 'gate.yaml');
    await writeFile(
      gate,
      `apiVersion: airgap.dev/v1
kind: Gate
site:
  services:
    ntp: { host: ntp.site.example }
    files: { host: files.site.example, folder: files, tls: true }
  internal:
    - { name: ldap, hosts: [ldap.corp.example], ports: [636], serve: { tcp: true } }
`,
    );
    const child = spawn(process.execPath, [HOLDER, gate, join(dir.path, 'run')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    const id = said.toString('utf8').trim();
    child.kill('SIGKILL');
    await ended;

    const left = await unclaimed();
    for (const name of ['sink', 'witness', 'site-ntp', 'site-files', 'site-internal-1'])
      expect(left).to.include(`agr-${id}-${name}`);
    const swept = (await sweep()).filter(({ session }) => session === id);
    // chronyd with its parent and its reference clock, and one program for each of the others
    expect(swept.filter(({ kind }) => kind === 'process').length).to.be.at.least(4);
    expect((await unclaimed()).filter((name) => name.includes(id))).to.deep.equal([]);
    expect(await readFile('/proc/mounts', 'utf8')).not.to.contain(id);
  });
});
