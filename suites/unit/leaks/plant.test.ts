// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import { drawFrom } from '../../leaks/draw.ts';
import { drawImages, leakCases, nodeCases, plant, quietCases, toolCases } from '../../leaks/plant.ts';

const all = {
  leaks: leakCases,
  node: nodeCases,
  quiet: quietCases,
  tools: toolCases,
  coredns: 'a.example/coredns:1',
  profile: 'no-route',
};

function planted(seed: number): ReturnType<typeof plant> {
  const draw = drawFrom(seed);
  return plant(all, draw, drawImages(draw));
}

describe('the leak corpus', () => {
  it('has at least 80 leaks and 20 quiet workloads, each with a name of its own', () => {
    expect(leakCases.length + nodeCases.length).to.be.at.least(80);
    expect(quietCases.length).to.be.at.least(20);
    const ids = [...leakCases, ...nodeCases, ...quietCases, ...toolCases].map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).to.deep.equal([]);
  });

  it('has at least 15 leaks in the short corpus', () => {
    const short = [...leakCases, ...nodeCases].filter(({ sentinel }) => sentinel === true);
    expect(short.length).to.be.at.least(15);
  });

  it('draws the same for one seed and something else for another', () => {
    expect(planted(7)).to.deep.equal(planted(7));
    const places = (seed: number): string[] =>
      planted(seed)
        .expected.map(({ reach }) => `${reach.address ?? reach.name}:${reach.port}`)
        .filter((place) => /:[2345]\d{4}$|\.example:\d+$/.test(place));
    const [one, other] = [places(7), new Set(places(8))];
    expect(one.length).to.be.at.least(50);
    expect(one.filter((place) => other.has(place))).to.deep.equal([]);
  });

  it('expects what a profile lets be known: a proxy is asked for a connection where else a name is asked for', () => {
    const draw = drawFrom(7);
    const { expected } = plant({ ...all, profile: 'proxy' }, draw, drawImages(draw));
    const missing = 'image that is not in the bundle, registry by name';
    const of = (list: typeof expected): string[] =>
      list.filter(({ caseId }) => caseId === missing).map(({ reach }) => `${reach.protocol} ${reach.port}`);
    expect([of(planted(7).expected), of(expected)]).to.deep.equal([['dns 53'], ['tcp 443']]);
  });

  it('never plants an address that could be real', () => {
    const text = JSON.stringify(planted(9).objects);
    const outside = [...text.matchAll(/\b(?:\d{1,3}\.){3}\d{1,3}\b/g)].map(([address]) => address);
    const documentation =
      /^(192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|169\.254\.169\.254$|10\.|127\.|224\.0\.0\.|239\.|255\.255\.255\.255$)/;
    expect(outside.filter((address) => !documentation.test(address))).to.deep.equal([]);
  });
});
