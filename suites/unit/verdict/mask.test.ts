// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { maskArgv } from '../../../harness/verdict/mask.ts';

describe('maskArgv', () => {
  const cases: readonly [string, string[], string[]][] = [
    [
      'curl',
      ['curl', '-u', 'me:hunter2', 'https://x.example'],
      ['curl', '-u', 'me:***', 'https://x.example'],
    ],
    ['curl', ['curl', 'https://me:hunter2@x.example/p?a=1'], ['curl', 'https://me:***@x.example/p?a=1']],
    ['curl', ['curl', '-H', 'Authorization: Bearer hunter2'], ['curl', '-H', 'Authorization: ***']],
    ['curl', ['curl', '-HX-Api-Key: hunter2', 'x'], ['curl', '-HX-Api-Key: ***', 'x']],
    ['wget', ['wget', '--header=Cookie: s=hunter2'], ['wget', '--header=Cookie: ***']],
    [
      'curl',
      ['curl', 'https://x/?q=1&access_token=hunter2&b=2'],
      ['curl', 'https://x/?q=1&access_token=***&b=2'],
    ],
    ['app', ['app', '--password', 'hunter2', '--port', '80'], ['app', '--password', '***', '--port', '80']],
    ['app', ['app', '--db-password=hunter2'], ['app', '--db-password=***']],
    ['app', ['app', '--token', 'hunter2'], ['app', '--token', '***']],
    ['app', ['app', '--api-key=hunter2'], ['app', '--api-key=***']],
    ['env', ['env', 'PGPASSWORD=hunter2', 'psql'], ['env', 'PGPASSWORD=***', 'psql']],
    ['env', ['env', 'AWS_SECRET_ACCESS_KEY=hunter2'], ['env', 'AWS_SECRET_ACCESS_KEY=***']],
    [
      'sh',
      ['sh', '-c', 'curl --token hunter2 https://x && PASSWORD="hunter2" run'],
      ['sh', '-c', 'curl --token *** https://x && PASSWORD=*** run'],
    ],
    ['sh', ['sh', '-c', 'curl -u me:hunter2 https://x'], ['sh', '-c', 'curl -u me:*** https://x']],
    ['mysql', ['mysql', '-phunter2', '-u', 'root'], ['mysql', '-p***', '-u', 'root']],
    [
      'sshpass',
      ['/usr/bin/sshpass', '-p', 'hunter2', 'ssh', 'x'],
      ['/usr/bin/sshpass', '-p', '***', 'ssh', 'x'],
    ],
    ['aws', ['aws', 'AKIAIOSFODNN7EXAMPLE'], ['aws', 'AKIA***']],
    [
      'git',
      ['git', 'clone', 'https://ghp_0123456789abcdefghij@github.com/a/b'],
      ['git', 'clone', 'https://ghp_***@github.com/a/b'],
    ],
    ['x', ['x', 'eyJhbGciOiJI.eyJzdWIiOiIx.abc'], ['x', '***']],
  ];
  for (const [exe, argv, masked] of cases) {
    it(`${argv.join(' ')} becomes ${masked.join(' ')}`, () => {
      expect(maskArgv(argv, `/usr/bin/${exe}`)).to.deep.equal(masked);
      expect(masked.join(' ')).to.not.contain('hunter2');
    });
  }

  for (const argv of [
    ['mkdir', '-p', '/srv/data'],
    ['server', '-p', '8080', '--author', 'me'],
    ['docker-proxy', '-host-port', '80'],
    ['curl', '-u', 'me', 'https://x.example:8443/a:b'],
    ['app', '--token-ttl=', '--password'],
    ['ssh', '-p', '22', 'host'],
    ['k3s', 'server', '--token-file', '/etc/token'],
  ]) {
    it(`${argv.join(' ')} stays as it is`, () =>
      expect(maskArgv(argv, `/bin/${argv[0]}`)).to.deep.equal(argv));
  }
});
