// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { OFFERED, type Profile } from '../../../harness/core/profile.ts';
import { needs, REPO_ROOT } from '../support/needs.ts';
import { openBareSite, type Try } from './bare-site.ts';
import { framesDuring, sendFrame } from './frames.ts';

const OUTSIDE4 = '198.51.100.7';
const OUTSIDE6 = '2001:db8::7';
/** Senders that are not of the site. */
const STRANGERS = { 4: '192.0.2.66', 6: '2001:db8::66' } as const;
/** The rows of the tables, as tries. */
const ROWS: Readonly<Record<string, Try>> = {
  'TCP, IPv4': { kind: 'tcp', address: OUTSIDE4, port: 443 },
  'TCP, IPv6': { kind: 'tcp', address: OUTSIDE6, port: 443 },
  'UDP, IPv4': { kind: 'udp', address: OUTSIDE4, port: 123 },
  'UDP, IPv6': { kind: 'udp', address: OUTSIDE6, port: 123 },
  'a name': { kind: 'name', address: 'updates.vendor.example', port: 53 },
};
/** What docs/profiles.md says that an application in the node, and one in a pod, meets; by row. */
function promisedBy(profile: Profile): Map<string, { readonly node: string; readonly pod: string }> {
  const docs = readFileSync(join(REPO_ROOT, 'docs/profiles.md'), 'utf8');
  const section = docs.split(`\n### ${profile}\n`)[1]?.split(/^#/m)[0] ?? '';
  const lines = section.split('\n').filter((line) => /^\| (?!application)/.test(line));
  return new Map(
    lines.map((line) => {
      const [, row = '', node, pod] = line.split('|').map((part) => part.trim());
      return [row, { node: quoted(node), pod: quoted(pod) }];
    }),
  );
}

function quoted(text = ''): string {
  return /`(.+)`/.exec(text)?.[1] ?? '';
}

describe('what an application sees', function profiles() {
  this.timeout(60_000);
  before(function () {
    needs(this, 'root', 'netns');
  });

  for (const profile of OFFERED) {
    it(`in profile ${profile} is what docs/profiles.md says, and the witness sees nothing`, async () => {
      const promised = promisedBy(profile);
      expect([...promised.keys()]).to.deep.equal(Object.keys(ROWS));
      await using site = await openBareSite(profile);
      const { netns, link } = site.gap;
      const frames = await framesDuring(
        netns.witness,
        link.witnessInterface,
        async () => {
          const node = { netns: site.netns.node, device: link.nodeInterface };
          const sink = { netns: netns.sink, device: link.sinkInterface };
          for (const family of [4, 6] as const) await sendFrame(node, sink, family, STRANGERS[family]);
          const [inNode, inPod] = await Promise.all(
            (['node', 'pod'] as const).map(
              async (place) => await site.applicationMeets(place, Object.values(ROWS)),
            ),
          );
          for (const [index, row] of Object.keys(ROWS).entries()) {
            for (const [place, met] of [
              ['node', inNode?.[index]],
              ['pod', inPod?.[index]],
            ] as const) {
              const wanted = promised.get(row)?.[place];
              expect(met, `${row} in the ${place}`).to.equal(wanted);
            }
          }
        },
        300,
      );
      expect(frames).to.deep.equal([]);
    });
  }

  it('with the sink forwarding on purpose, a connection reaches the witness in every profile with a route', async () => {
    await using site = await openBareSite('drop', { forwarding: true });
    const { netns, link } = site.gap;
    const frames = await framesDuring(
      netns.witness,
      link.witnessInterface,
      async () => void (await site.applicationMeets('node', Object.values(ROWS).slice(0, 2))),
      300,
    );
    for (const address of [OUTSIDE4, OUTSIDE6])
      expect(
        frames.some((line) => line.includes(`> ${address}.443: Flags [S]`)),
        frames.join('\n'),
      ).to.equal(true);
  });
});
