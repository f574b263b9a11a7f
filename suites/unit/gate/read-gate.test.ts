// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { HarnessError } from '../../../harness/core/errors.ts';
import { EMPTY_GATE } from '../../../harness/core/gate.ts';
import { findGate } from '../../../harness/gate/find-gate.ts';
import { readGate } from '../../../harness/gate/read-gate.ts';

const HEAD = 'apiVersion: airgap.dev/v1\nkind: Gate\n';

async function read(text: string): Promise<unknown> {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'gate-'));
  const path = join(dir.path, 'gate.yaml');
  await writeFile(path, text);
  return await readGate(path).then(
    (gate) => ({ ...gate, file: null }),
    (error: unknown) => (error as Error).message.replaceAll(path, 'gate.yaml'),
  );
}

describe('gate.yaml', () => {
  it('without a file accepts and offers nothing', async () => {
    expect(await readGate(null)).to.deep.equal(EMPTY_GATE);
    expect(await read(HEAD)).to.deep.equal({
      file: null,
      profile: 'no-route',
      requiredChecks: [],
      internal: [],
      exceptions: [],
    });
  });

  it('asks for a reboot by true alone', async () => {
    expect(await read(`${HEAD}reboot: true\n`)).to.deep.include({ reboot: true });
    expect(await read(`${HEAD}reboot: false\n`)).to.not.have.property('reboot');
    expect(await read(`${HEAD}reboot: often\n`)).to.match(/^gate\.yaml:3:9: "reboot" is "often", but /);
  });

  it('accepts findings apart from attempts', async () => {
    const one = (scope: string): string =>
      `${HEAD}exceptions: [{ scope: ${scope}, reason: r, owner: o, expires: 2026-12-31 }]\n`;
    const good = '{ finding: moving-tag, location: a.yaml }';
    expect(await read(one(good))).to.deep.include({
      exceptions: [
        {
          scope: { finding: 'moving-tag', location: 'a.yaml' },
          reason: 'r',
          owner: 'o',
          expires: '2026-12-31',
        },
      ],
    });
    expect(await read(one('{ finding: moving-tag, class: ntp }'))).to.contain('not of both');
    expect(await read(one('{}'))).to.contain('must have at least one of');
  });

  it('adds rows to the table of classes, strictly', async () => {
    const rows = (text: string): string => `${HEAD}classes:\n${text}`;
    const good =
      "  - { match: { destination: '*.acme.example', port: 443 }, class: telemetry, what: usage }\n";
    expect(await read(rows(good))).to.deep.include({
      classes: [{ match: { destination: '*.acme.example', port: 443 }, class: 'telemetry', what: 'usage' }],
    });
    for (const [text, message] of [
      ['  - { match: {}, class: telemetry }\n', 'gate.yaml:4:14'],
      ['  - { match: { destnation: x }, class: telemetry }\n', 'destnation'],
      [
        '  - { match: { destination: https://x.example/p }, class: telemetry }\n',
        'without scheme, port and path',
      ],
      ['  - { match: { port: 0 }, class: telemetry }\n', 'gate.yaml:4:'],
      ['  - { match: { port: 443 }, class: telemtry }\n', 'did you mean "telemetry"?'],
      ['  - { match: { port: 443 }, class: Acme Usage, remedy: x }\n', 'lower-case words'],
    ] as const) {
      expect(await read(rows(text)), text).to.contain(message);
    }
    const own = '  - { match: { port: 443 }, class: acme-usage, remedy: Switch it off. }\n';
    expect(await read(rows(own))).to.have.property('classes');
  });

  it('says what the site offers, what is required and what is accepted', async () => {
    const text = `${HEAD}checks: { required: [node-ready] }
site:
  internal:
    - { name: ldap, hosts: [ldap.corp.example], cidrs: [10.20.0.0/16], ports: [636] }
exceptions:
  - { scope: { destination: updates.example }, reason: being removed, owner: jo, expires: 2026-12-31 }
`;
    expect(await read(text)).to.deep.equal({
      file: null,
      profile: 'no-route',
      requiredChecks: ['node-ready'],
      internal: [
        {
          name: 'ldap',
          hosts: ['ldap.corp.example'],
          cidrs: ['10.20.0.0/16'],
          ports: [636],
          description: null,
        },
      ],
      exceptions: [
        {
          scope: { destination: 'updates.example' },
          reason: 'being removed',
          owner: 'jo',
          expires: '2026-12-31',
        },
      ],
    });
  });

  const exception = (text: string): string => `${HEAD}exceptions:\n  - ${text}\n`;
  for (const [what, text, says] of [
    ['another profile', `${HEAD}profile: internet\n`, /gate\.yaml:3:10.*no-route/],
    ['an unknown key', `${HEAD}excptions: []\n`, /gate\.yaml:3:1.*excptions.*exceptions/],
    [
      'an exception without scope',
      exception('{ scope: {}, reason: x, owner: y, expires: 2026-12-31 }'),
      /gate\.yaml:4:\d+.*at least one of/,
    ],
    [
      'an exception without reason',
      exception('{ scope: { class: ntp }, owner: y, expires: 2026-12-31 }'),
      /gate\.yaml:4:\d+.*reason.*missing/,
    ],
    [
      'a day that no calendar has',
      exception('{ scope: { class: ntp }, reason: x, owner: y, expires: 2026-02-30 }'),
      /gate\.yaml:4:\d+.*YYYY-MM-DD/,
    ],
    [
      'a profile beside several',
      `${HEAD}profile: drop\nprofiles: [reject]\n`,
      /^gate\.yaml:4:\d+: "profiles" must not stand beside "profile"/,
    ],
    [
      'a profile that is named twice',
      `${HEAD}profiles: [drop, drop]\n`,
      /^gate\.yaml:3:\d+: "profiles" .*must name each profile once$/,
    ],
    [
      'a reason of blanks',
      exception('{ scope: { class: ntp }, reason: " ", owner: y, expires: 2026-12-31 }'),
      /^gate\.yaml:4:38: "exceptions\[0\]\.reason" is " ", but must not be empty$/,
    ],
    [
      'a phase that is none',
      exception('{ scope: { phase: setle }, reason: x, owner: y, expires: 2026-12-31 }'),
      /^gate\.yaml:4:\d+: "exceptions\[0\]\.scope\.phase" is "setle", but must be .*; did you mean "settle"\?$/,
    ],
    [
      'a destination with a scheme',
      exception('{ scope: { destination: "https://x" }, reason: x, owner: y, expires: 2026-12-31 }'),
      /^gate\.yaml:4:\d+: "exceptions\[0\]\.scope\.destination" is "https:\/\/x", but must be a host, host:port, /,
    ],
    [
      'an internal destination that is nowhere',
      `${HEAD}site: { internal: [{ name: x, ports: [1] }] }\n`,
      /^gate\.yaml:3:20: "site\.internal\[0\]" must have at least one of "hosts" and "cidrs"$/,
    ],
    [
      'two internal destinations of one name',
      `${HEAD}site:\n  internal:\n    - { name: x, hosts: [a] }\n    - { name: x, hosts: [b] }\n`,
      /^gate\.yaml:6:15: "site\.internal\[1\]\.name" is "x", but must not be the name of another internal destination$/,
    ],
    [
      'a port that is none',
      `${HEAD}site: { internal: [{ name: x, hosts: [a], ports: [70000] }] }\n`,
      /^gate\.yaml:3:51: "site\.internal\[0\]\.ports\[0\]" is 70000, but must be at most 65535$/,
    ],
    [
      'a range that is none',
      `${HEAD}site: { internal: [{ name: x, cidrs: [10.0.0.0/40] }] }\n`,
      /gate\.yaml:3:\d+.*address range/,
    ],
  ] as const) {
    it(`${what} is refused with its place`, async () => expect(await read(text)).to.match(says));
  }

  it('that is not there is refused with what to do', async () => {
    const error: unknown = await readGate('/nonexistent/gate.yaml').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(HarnessError);
    expect(error).to.include({
      code: 'config',
      message: 'cannot read /nonexistent/gate.yaml: no such file or directory',
      hint: 'a gate is a YAML file, by default <bundle>.gate.yaml beside the bundle: give its path, or run without one',
    });
  });

  it('is looked for beside the bundle’s folder, never inside it', async () => {
    await using dir = await mkdtempDisposable(join(tmpdir(), 'gate-'));
    const bundle = join(dir.path, 'app');
    await mkdir(bundle);
    await writeFile(join(bundle, 'gate.yaml'), HEAD);
    await writeFile(join(bundle, 'app.gate.yaml'), HEAD);
    expect(await findGate(bundle)).to.equal(null);
    await writeFile(`${bundle}.gate.yaml`, HEAD);
    expect(await findGate(`${bundle}/`)).to.equal(`${bundle}.gate.yaml`);
    expect(await findGate(join(bundle, 'bundle.yaml'))).to.equal(`${bundle}.gate.yaml`);
  });
});
