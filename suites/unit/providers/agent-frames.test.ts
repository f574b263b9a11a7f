// SPDX-License-Identifier: Apache-2.0
import { expect } from 'chai';
import fc from 'fast-check';
import { HarnessError } from '../../../harness/core/errors.ts';
import { encodeFrame, FRAME, type Frame, FrameDecoder } from '../../../harness/providers/agent-frames.ts';

const plain = ({ type, payload }: Frame): [number, string] => [type, payload.toString('hex')];

describe('frames of the node agent', () => {
  it('a frame is type, length, payload', () => {
    expect(encodeFrame(FRAME.stdout, Buffer.from('hi')).toString('hex')).to.equal('10000000026869');
    expect(encodeFrame(FRAME.stdinEnd).toString('hex')).to.equal('0100000000');
  });

  it('frames come out as they went in, however the stream is cut', () => {
    const frame = fc.record({
      type: fc.integer({ min: 0, max: 255 }),
      payload: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 8 }),
        fc.array(fc.nat(400), { maxLength: 12 }),
        (frames, cuts) => {
          const stream = Buffer.concat(frames.map(({ type, payload }) => encodeFrame(type, payload)));
          const edges = [
            0,
            ...cuts.map((cut) => Math.min(cut, stream.length)).toSorted((a, b) => a - b),
            stream.length,
          ];
          const decoder = new FrameDecoder();
          const out = edges.slice(1).flatMap((end, i) => decoder.push(stream.subarray(edges[i], end)));
          expect(out.map(plain)).to.deep.equal(
            frames.map(({ type, payload }) => [type, Buffer.from(payload).toString('hex')]),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('another protocol is refused instead of filling the memory', () => {
    expect(() => new FrameDecoder().push(Buffer.from('HTTP/1.1 200 OK'))).to.throw(
      HarnessError,
      'it is of another version',
    );
  });
});
