// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import fc from 'fast-check';
import { Timeline } from '../../../harness/verdict/timeline.ts';

const spans = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 50 }),
    length: fc.integer({ min: 0, max: 10 }),
    fits: fc.boolean(),
  }),
  { maxLength: 12 },
);

describe('Timeline', () => {
  it('finds what a walk through all entries finds, in whatever order they came', () => {
    fc.assert(
      fc.property(
        spans,
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 0, max: 20 }),
        (input, at, before, after) => {
          const entries = input.map(({ at: start, length, fits }) => ({
            sighting: { at: start, last: start + length },
            fits,
          }));
          const timeline = new Timeline<(typeof entries)[number]>();
          for (const entry of entries) timeline.add(entry);
          const near = entries.filter(
            ({ sighting, fits }) => fits && at - sighting.last <= before && sighting.at - at <= after,
          );
          const away = ({ sighting }: (typeof entries)[number]): number[] => [
            Math.max(0, sighting.at - at, at - sighting.last),
            sighting.at > at ? 1 : 0,
            Math.abs(sighting.at - at),
          ];
          const [best] = near
            .map(away)
            .toSorted(([a = 0, b = 0, c = 0], [x = 0, y = 0, z = 0]) => a - x || b - y || c - z);
          const found = timeline.nearest(at, before, after, ({ fits }) => fits);
          expect(found === null ? undefined : away(found)).to.deep.equal(best);
          expect(timeline.overlapping(at, at + after)).to.have.members(
            entries.filter(({ sighting }) => sighting.at <= at + after && sighting.last >= at),
          );
        },
      ),
    );
  });

  it('takes an entry that ended just before for nearer than one that began later, however long ago it began', () => {
    const timeline = new Timeline<{ sighting: { at: number; last: number }; name: string }>();
    timeline.add({ sighting: { at: 0, last: 100 }, name: 'goes on' });
    timeline.add({ sighting: { at: 130, last: 130 }, name: 'comes later' });
    expect(timeline.nearest(101, 200, 200, () => true)?.name).to.equal('goes on');
    expect(timeline.nearest(129, 200, 200, () => true)?.name).to.equal('comes later');
  });
});
