import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromMono, mixInto, pickChannel, toMono } from './mix.js';

const channelCount = fc.integer({ min: 1, max: 8 });
const monoSamples = fc.float32Array({ min: -1, max: 1, noNaN: true, maxLength: 50 });

describe('channels', () => {
  it('become one by their mean', () => {
    expect([...toMono(Float32Array.from([1, 0, 0.5, -0.5, -1, -1]), 2)]).toEqual([0.5, 0, -1]);
  });

  it('are all the same when made from one', () => {
    expect([...fromMono(Float32Array.from([0.25, -1]), 3)]).toEqual([0.25, 0.25, 0.25, -1, -1, -1]);
  });

  it('can be picked', () => {
    expect([...pickChannel(Float32Array.from([1, 2, 3, 4, 5, 6]), 3, 1)]).toEqual([2, 5]);
  });

  it('go to several and back to one without loss', () => {
    fc.assert(
      fc.property(monoSamples, channelCount, fc.nat(), (mono, channels, pick) => {
        const interleaved = fromMono(mono, channels);

        expect(interleaved).toHaveLength(mono.length * channels);
        expect(pickChannel(interleaved, channels, pick % channels)).toEqual(mono);
        toMono(interleaved, channels).forEach((sample, i) => {
          expect(sample).toBeCloseTo(mono[i] as number, 6);
        });
      }),
    );
  });

  it.each([
    [() => toMono(new Float32Array(4), 0), /channels must be a whole number from 1 to 32, but is 0/],
    [() => fromMono(new Float32Array(4), 1.5), /channels must be a whole number from 1 to 32, but is 1.5/],
    [() => toMono(new Float32Array(5), 2), /5 samples are no whole number of sample frames of 2 channels/],
    [() => pickChannel(new Float32Array(4), 2, 2), /index must be a whole number from 0 to 1, but is 2/],
  ])('are refused where they make no sense: %s', (action, message) => {
    expect(action).toThrow(/\[OPTION_INVALID\]/);
    expect(action).toThrow(message);
  });
});

describe('mixing', () => {
  it('adds from the offset on', () => {
    const target = Float32Array.from([1, 1, 1, 1]);

    expect(mixInto(target, Float32Array.from([0.5, -0.5]), 1)).toBe(2);
    expect([...target]).toEqual([1, 1.5, 0.5, 1]);
  });

  it('amplifies what it adds', () => {
    const target = new Float32Array(2);
    mixInto(target, Float32Array.from([1, -1]), 0, -0.5);

    expect([...target]).toEqual([-0.5, 0.5]);
  });

  it('leaves out what reaches beyond the end, and says how much it added', () => {
    const target = new Float32Array(3);

    expect(mixInto(target, Float32Array.from([1, 1]), 2)).toBe(1);
    expect(mixInto(target, Float32Array.from([1, 1]), 7)).toBe(0);
    expect([...target]).toEqual([0, 0, 1]);
  });

  it('is undone by adding the opposite', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -512, max: 512 }), { maxLength: 40 }),
        fc.array(fc.integer({ min: -512, max: 512 }), { maxLength: 40 }),
        fc.nat(50),
        (a, b, offset) => {
          const target = Float32Array.from(a);
          mixInto(target, Float32Array.from(b), offset);
          mixInto(target, Float32Array.from(b), offset, -1);

          expect([...target]).toEqual(a);
        },
      ),
    );
  });

  it.each([
    [-1, 1],
    [0.5, 1],
    [0, Number.NaN],
  ])('refuses offset %d with gain %d', (offset, gain) => {
    expect(() => mixInto(new Float32Array(2), new Float32Array(2), offset, gain)).toThrow(
      /\[OPTION_INVALID\] mix: /,
    );
  });
});
