import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitSine, sine } from '../../../test/support/sine-fit.js';
import { VoiceError } from '../errors.js';
import { createHighPass } from './high-pass.js';

/** Level of a sine after the filter, once it has settled. */
function responseDb(sampleRateHz: number, cutoffHz: number, frequencyHz: number): number {
  const count = sampleRateHz;
  const output = createHighPass(sampleRateHz, { cutoffHz }).process(sine(frequencyHz, sampleRateHz, count));
  return 20 * Math.log10(fitSine(output, frequencyHz, sampleRateHz, Math.floor(count / 3)).amplitude);
}

const rates = [8000, 16_000, 48_000];

describe('a high-pass filter', () => {
  it.each(rates)('is 3 dB down at its cutoff, at %d Hz', (sampleRateHz) => {
    for (const cutoffHz of [20, 80, 200, 400]) {
      expect(responseDb(sampleRateHz, cutoffHz, cutoffHz)).toBeCloseTo(-3.01, 2);
    }
  });

  it.each(rates)('falls by 12 dB per octave below, at %d Hz', (sampleRateHz) => {
    const octave = responseDb(sampleRateHz, 200, 40) - responseDb(sampleRateHz, 200, 20);

    expect(octave).toBeGreaterThan(11.8);
    expect(octave).toBeLessThan(12.2);
    expect(responseDb(sampleRateHz, 200, 20)).toBeCloseTo(-40, 0);
  });

  it.each(rates)('is flat above, at %d Hz', (sampleRateHz) => {
    for (const frequencyHz of [320, 1000, 3000]) {
      expect(Math.abs(responseDb(sampleRateHz, 80, frequencyHz))).toBeLessThan(0.05);
    }
  });

  it('takes a constant out altogether', () => {
    const output = createHighPass(16_000).process(new Float32Array(16_000).fill(0.5));

    expect(Math.abs(output.at(-1) as number)).toBeLessThan(1e-6);
  });

  it('gives the same bits however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.float32Array({ minLength: 0, maxLength: 3000, min: -1, max: 1, noNaN: true }),
        fc.nat(3000),
        (samples, cut) => {
          const pieces = createHighPass(16_000);
          const first = pieces.process(samples.subarray(0, cut));
          const second = pieces.process(samples.subarray(cut));

          expect([...first, ...second]).toEqual([...createHighPass(16_000).process(samples)]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('falls exactly silent in silence, instead of ringing on in numbers that slow the processor down', () => {
    const filter = createHighPass(48_000);
    filter.process(sine(100, 48_000, 4800));

    const rest = filter.process(new Float32Array(20_000));

    // The memory of 80 Hz at 48 kHz takes 10400 samples to 1e-30, and would take 14000 to the end of single precision.
    expect(rest.subarray(0, 8000).every((sample) => sample === 0)).toBe(false);
    expect(rest.subarray(12_000).every((sample) => sample === 0)).toBe(true);
  });

  it('takes what is no finite number as silence, counts it and goes on', () => {
    const filter = createHighPass(16_000);
    const spoilt = sine(1000, 16_000, 400);
    spoilt[100] = Number.NaN;
    spoilt[101] = Number.POSITIVE_INFINITY;
    const mended = spoilt.slice();
    mended[100] = 0;
    mended[101] = 0;

    expect(filter.process(spoilt)).toEqual(createHighPass(16_000).process(mended));
    expect(filter.replacedSamples).toBe(2);
  });

  it('starts anew after a reset', () => {
    const filter = createHighPass(16_000);
    const samples = sine(100, 16_000, 500);
    const first = filter.process(samples);

    filter.reset();

    expect(filter.process(samples)).toEqual(first);
  });

  it.each([
    [
      () => createHighPass(16_000, { cutoffHz: 19 }),
      /cutoffHz must be a number from 20 to 400 Hz, but is 19/,
    ],
    [() => createHighPass(16_000, { cutoffHz: 401 }), /but is 401/],
    [() => createHighPass(-1), /sampleRateHz must be a whole number from 4000 to 384000 Hz, but is -1/],
  ])('refuses what it cannot do: %s', (action, message) => {
    expect(action).toThrow(VoiceError);
    expect(action).toThrow(/\[OPTION_INVALID\]/);
    expect(action).toThrow(message);
  });
});
