import fc from 'fast-check';
import { from, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { describeOperatorContract } from '../../testing/contracts/operator.contract.js';
import { type AudioFrame, audioFrame } from '../audio/audio-frame.js';
import { reframe } from './reframe.js';

const format = { sampleRateHz: 1000, channels: 1 };
const frame = (samples: readonly number[], timestampMs: number) =>
  audioFrame(format, Float32Array.from(samples), timestampMs);
const collect = (frames: readonly AudioFrame[], samplesPerChannel: number): AudioFrame[] => {
  let out: AudioFrame[] = [];
  from(frames)
    .pipe(reframe(samplesPerChannel), toArray())
    .subscribe((all) => (out = all));
  return out;
};

describeOperatorContract({ describe, it, expect }, 'reframe', {
  create: () => reframe(4),
  values: [frame([1, 2, 3], 0), frame([4, 5, 6], 3), frame([7], 6)],
  emitted: [frame([1, 2, 3, 4], 0)],
  pending: [frame([5, 6, 7, 0], 4)],
  atTheBound: () => {
    const frames = collect(
      [
        frame(
          Array.from({ length: 1003 }, (_, i) => i),
          0,
        ),
      ],
      4,
    );
    expect(frames).toHaveLength(251);
    expect(frames.every(({ samplesPerChannel }) => samplesPerChannel === 4)).toBe(true);
  },
});

describe('reframe', () => {
  it('fills the frame up with zeros where the source jumps in time, and goes on at the new time', () => {
    const out = collect([frame([1, 2], 0), frame([3, 4, 5, 6], 50)], 4);
    expect(out).toEqual([frame([1, 2, 0, 0], 0), frame([3, 4, 5, 6], 50)]);
  });

  it('keeps the channels of a sample frame together', () => {
    const stereo = { sampleRateHz: 1000, channels: 2 };
    const out = collect([audioFrame(stereo, Float32Array.from([1, -1, 2, -2, 3, -3]), 0)], 2);
    expect(out[0]?.samples).toEqual(Float32Array.from([1, -1, 2, -2]));
    expect(out[1]?.timestampMs).toBe(2);
  });

  it('conserves every sample whatever the sizes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 70 }),
        (sizes, n) => {
          let next = 0;
          const frames = sizes.map((size) => {
            const start = next;
            next += size;
            return frame(
              Array.from({ length: size }, (_, i) => start + i + 1),
              start,
            );
          });
          const samples = collect(frames, n).flatMap((out) => [...out.samples]);
          expect(samples.slice(0, next)).toEqual(Array.from({ length: next }, (_, i) => i + 1));
          expect(samples.slice(next).every((sample) => sample === 0)).toBe(true);
          expect(samples.length % n).toBe(0);
        },
      ),
    );
  });

  it('refuses a length that is no whole number', () => {
    expect(() => reframe(0)).toThrow(/samplesPerChannel must be a whole number from 1 to 192000, but is 0/);
  });
});
