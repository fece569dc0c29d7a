import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSampleQueue } from './sample-queue.js';

const counting = (from: number, count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => from + i);

describe('a sample queue', () => {
  it('gives samples back in order, in pieces of any size', () => {
    const queue = createSampleQueue(10_000);
    queue.push(counting(0, 480));
    queue.push(counting(480, 480));

    expect(queue.shift(512)).toEqual(counting(0, 512));
    expect(queue.shift(512)).toEqual(counting(512, 448));
    expect(queue.shift(512)).toHaveLength(0);
  });

  it('refuses what does not fit, says how much it took and counts the rest', () => {
    const queue = createSampleQueue(100);

    expect(queue.push(counting(0, 70))).toBe(70);
    expect(queue.push(counting(70, 70))).toBe(30);
    expect(queue.push(counting(0, 5))).toBe(0);
    expect(queue.length).toBe(100);
    expect(queue.droppedSamples).toBe(45);
    expect(queue.shift(100)).toEqual(counting(0, 100));
  });

  it('forgets what was cleared without counting it', () => {
    const queue = createSampleQueue(100);
    queue.push(counting(0, 70));
    queue.clear();
    queue.push(counting(5, 3));

    expect(queue.shift(9)).toEqual(counting(5, 3));
    expect(queue.droppedSamples).toBe(0);
  });

  it('keeps neither the arrays it is given nor those it gives', () => {
    const queue = createSampleQueue(100);
    const given = counting(1, 4);
    queue.push(given);
    given.fill(0);
    const taken = queue.shift(2);
    taken.fill(9);

    expect(queue.shift(2)).toEqual(counting(3, 2));
  });

  it('behaves as a plain list would, whatever is pushed and taken', () => {
    const step = fc.oneof(
      fc.record({ push: fc.integer({ min: 0, max: 3000 }) }),
      fc.record({ shift: fc.integer({ min: 0, max: 3000 }) }),
      fc.record({ clear: fc.constant(true) }),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6000 }),
        fc.array(step, { maxLength: 40 }),
        (maxSamples, steps) => {
          const queue = createSampleQueue(maxSamples);
          let list: number[] = [];
          let next = 0;
          for (const action of steps) {
            if ('push' in action) {
              const samples = counting(next, action.push);
              const accepted = queue.push(samples);
              expect(accepted).toBe(Math.min(action.push, maxSamples - list.length));
              list.push(...samples.subarray(0, accepted));
              next += action.push;
            } else if ('shift' in action) {
              expect(queue.shift(action.shift)).toEqual(Float32Array.from(list.splice(0, action.shift)));
            } else {
              queue.clear();
              list = [];
            }
            expect(queue.length).toBe(list.length);
          }
        },
      ),
    );
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 28 + 1])('refuses a bound of %d', (maxSamples) => {
    expect(() => createSampleQueue(maxSamples)).toThrow(
      /\[OPTION_INVALID\] sample queue: maxSamples must be a whole number/,
    );
  });

  it.each([-1, 0.5, Number.NaN])('refuses to give %d samples', (count) => {
    expect(() => createSampleQueue(10).shift(count)).toThrow(
      /\[OPTION_INVALID\] sample queue: count must be a whole number/,
    );
  });
});
