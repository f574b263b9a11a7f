// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { HarnessError } from '../../../../harness/core/errors.ts';
import { chooseSource, parseOsRelease } from '../../../../infra/setup/apt-source.ts';

const debian = parseOsRelease(
  'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_CODENAME=trixie\n',
);
const ubuntu = parseOsRelease("ID=ubuntu\nVERSION_CODENAME='noble'\n");
const hintOf = (act: () => unknown): readonly [string, string | undefined] => {
  try {
    act();
  } catch (error) {
    if (error instanceof HarnessError) return [error.message, error.hint];
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('chooseSource', () => {
  it('takes the mirror of the host for its own release, not that of a third party or of updates', () => {
    const targets = [
      'http://third.example/apt/ trixie contrib',
      'http://security.example/debian/ trixie-security main',
      'http://mirror.example/debian/ trixie main',
    ].join('\n');
    expect(chooseSource(debian, targets, '')).to.deep.equal({
      mirror: 'http://mirror.example/debian/',
      suite: 'bookworm',
      components: ['main'],
      options: [],
    });
  });

  it("takes Ubuntu's own release and universe, and the proxy through which the mirror is reached", () => {
    const proxies = 'Acquire::http::Proxy "http://proxy.example:3142";\nAcquire::https::Proxy "";\n';
    expect(chooseSource(ubuntu, 'http://mirror.example/ubuntu/ noble main', proxies)).to.deep.equal({
      mirror: 'http://mirror.example/ubuntu/',
      suite: 'noble',
      components: ['main', 'universe'],
      options: ['Acquire::http::Proxy "http://proxy.example:3142";'],
    });
  });

  it('says which distributions work on another one, and what is missing when apt has no source', () => {
    expect(
      hintOf(() => chooseSource(parseOsRelease('ID=fedora\nPRETTY_NAME="Fedora 44"'), '', '')),
    ).to.deep.equal([
      'this machine is "Fedora 44", neither Debian nor Ubuntu',
      'run the harness on Debian or Ubuntu, or in a container or virtual machine of one',
    ]);
    expect(hintOf(() => chooseSource(ubuntu, 'http://mirror.example/ubuntu/ jammy main', ''))).to.deep.equal([
      'apt knows no source for ubuntu noble main, so the node image cannot be made',
      'add a Debian or Ubuntu mirror to /etc/apt/sources.list',
    ]);
  });
});
