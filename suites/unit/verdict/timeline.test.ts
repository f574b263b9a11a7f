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
          const distance = Math.min(...near.map(({ sighting }) => Math.abs(sighting.at - at)));
          const found = timeline.nearest(at, before, after, ({ fits }) => fits);
          expect(found === null ? Number.POSITIVE_INFINITY : Math.abs(found.sighting.at - at)).to.equal(
            distance,
          );
          expect(timeline.overlapping(at, at + after)).to.have.members(
            entries.filter(({ sighting }) => sighting.at <= at + after && sighting.last >= at),
          );
        },
      ),
    );
  });
});
