// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Gate, gateForLog } from '../../../harness/core/gate.ts';
import { gateFiles } from '../../../harness/gate/gate-files.ts';
import { readGate } from '../../../harness/gate/read-gate.ts';

async function read(site: string): Promise<Gate | string> {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'gate-'));
  const path = join(dir.path, 'gate.yaml');
  await writeFile(path, `apiVersion: airgap.dev/v1\nkind: Gate\nsite:\n${site}`);
  await mkdir(join(dir.path, 'charts'));
  await writeFile(join(dir.path, 'charts/index.yaml'), '');
  await mkdir(join(dir.path, 'empty'));
  for (const name of ['ca.crt', 'ca.key']) await writeFile(join(dir.path, name), '');
  return await readGate(path).then(
    (gate) => JSON.parse(JSON.stringify(gate).replaceAll(dir.path, '/gate')) as Gate,
    (error: unknown) => (error as Error).message.replaceAll(path, 'gate.yaml'),
  );
}

describe('site.services of gate.yaml', () => {
  it('is read with its defaults; files are found from the gate’s folder', async () => {
    const gate = await read(`  services:
    registry: { host: Registry.site.example, user: robot, password: secret, projects: { docker.io: hub }, charts: { folder: charts } }
    ntp: { host: ntp.site.example, skew: -300 }
    charts: { host: charts.site.example, folder: charts, tls: true }
    zone: { shop.site.example: node, images.site.example: registry }
  internal:
    - { name: ldap, hosts: [ldap.corp.example], ports: [636], serve: { tcp: true } }
    - name: api
      hosts: [api.corp.example]
      ports: [80]
      serve: { http: { answers: [{ path: /health, body: ok }] } }
`);
    if (typeof gate === 'string') throw new Error(gate);
    expect(gate.services).to.deep.equal({
      authority: { files: null, nodes: true },
      registry: {
        host: 'registry.site.example',
        port: 443,
        tls: true,
        login: { user: 'robot', password: 'secret' },
        projects: { 'docker.io': 'hub' },
        images: 'declared',
        charts: { project: 'charts', folder: '/gate/charts' },
      },
      ntp: { host: 'ntp.site.example', skewSeconds: -300 },
      charts: { host: 'charts.site.example', port: 443, tls: true, folder: '/gate/charts' },
      packages: null,
      files: null,
      zone: { 'shop.site.example': 'node', 'images.site.example': 'registry' },
    });
    expect(gate.internal.map(({ serve }) => serve)).to.deep.equal([
      { kind: 'tcp' },
      {
        kind: 'http',
        tls: false,
        answers: [{ method: 'GET', path: '/health', status: 200, body: 'ok', headers: {} }],
      },
    ]);
    expect(gateForLog(gate).services?.registry?.login).to.deep.equal({ user: 'robot', password: '***' });
    expect(new Set(gateFiles(gate))).to.deep.equal(new Set(['/gate/gate.yaml', '/gate/charts']));
  });

  it('names every file that a run elsewhere needs', async () => {
    const gate = await read(`  services:
    ca: { certificate: ./ca.crt, key: ./ca.key }
    files: { host: files.site.example, folder: ./empty }
  internal:
    - { name: own, hosts: [own.corp.example], ports: [80], serve: { program: { run: [./run], folder: ./charts } } }
`);
    if (typeof gate === 'string') throw new Error(gate);
    const files = ['gate.yaml', 'ca.crt', 'ca.key', 'empty', 'charts'].map((name) => `/gate/${name}`);
    expect(gateFiles(gate)).to.deep.equal(files);
  });

  const wrong: readonly [string, string, RegExp][] = [
    ['an unknown service', '  services: { ldap: {} }', /4:15: unknown key "ldap"/],
    [
      'a user without password',
      '  services: { registry: { host: a.b, user: x } }',
      /must have both "user" and "password"/,
    ],
    [
      'a folder that is not there',
      '  services: { files: { host: a.b, folder: nowhere } }',
      /4:43: "nowhere" cannot be used: no such file/,
    ],
    [
      'a folder of charts for the registry that is not there',
      '  services: { registry: { host: a.b, charts: { folder: nowhere } } }',
      /"nowhere" cannot be used: no such file/,
    ],
    [
      'a chart repository without index',
      '  services: { charts: { host: a.b, folder: empty } }',
      /"empty" holds no index.yaml/,
    ],
    [
      'two services of one name',
      '  services: { ntp: { host: a.b }, files: { host: a.b, folder: empty } }',
      /4:50: .*"a.b".* must not be the host of "ntp" as well/,
    ],
    [
      'a name that leads nowhere',
      '  services: { zone: { a.b: ntp } }',
      /must be "node", the name of a service that is declared here/,
    ],
    [
      'a project that no registry knows',
      '  services: { registry: { host: a.b, projects: { docker.io: Hub } } }',
      /must be a path of lower-case words/,
    ],
    [
      'a stub without a port',
      '  internal: [{ name: a, hosts: [a.b], serve: { tcp: true } }]',
      /must have "hosts" and "ports"/,
    ],
    [
      'two stubs in one place',
      '  internal: [{ name: a, hosts: [a.b], ports: [1], serve: { tcp: true, http: {} } }]',
      /exactly one of "tcp", "http" and "program"/,
    ],
  ];
  for (const [what, text, message] of wrong) {
    it(`refuses ${what}, by its place`, async () => {
      expect(await read(text)).to.match(message);
    });
  }
});
