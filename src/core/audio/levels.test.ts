import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sine } from '../../../test/support/sine-fit.js';
import { findPauses, peakDb, rmsDb } from './levels.js';

const rate = 16_000;

/** Tone and near-silence by turns; each stretch is its length in ms and its amplitude. */
function stretches(...parts: readonly (readonly [number, number])[]): Float32Array {
  return Float32Array.from(
    parts.flatMap(([ms, amplitude]) => [...sine(500, rate, (ms * rate) / 1000, amplitude)]),
  );
}

describe('levels', () => {
  it('puts a full-scale sine at -3 dB effective and 0 dB peak', () => {
    expect(rmsDb(sine(1000, rate, rate))).toBeCloseTo(-3.01, 2);
    expect(peakDb(sine(1000, rate, rate))).toBeCloseTo(0, 2);
  });

  it('has a floor of -120 dB, also for no samples at all', () => {
    for (const samples of [new Float32Array(0), new Float32Array(10), new Float32Array(10).fill(1e-9)]) {
      expect(rmsDb(samples)).toBe(-120);
      expect(peakDb(samples)).toBe(-120);
    }
  });

  it('sees a negative peak', () => {
    expect(peakDb(Float32Array.from([0.1, -0.5, 0.2]))).toBeCloseTo(-6.02, 2);
  });

  it('never puts the effective level above the peak', () => {
    fc.assert(
      fc.property(fc.float32Array({ min: -4, max: 4, noNaN: true }), (samples) => {
        expect(rmsDb(samples)).toBeLessThanOrEqual(peakDb(samples) + 1e-9);
      }),
    );
  });
});

describe('pauses', () => {
  it('are in the middle of each quiet stretch between words', () => {
    expect(findPauses(stretches([200, 0.5], [60, 0.001], [300, 0.4], [100, 0], [100, 0.5]), rate)).toEqual([
      230, 610,
    ]);
  });

  it('include the silence before the first word and after the last', () => {
    expect(findPauses(stretches([100, 0], [200, 0.5], [50, 0]), rate)).toEqual([50, 325]);
  });

  it('are no shorter than asked for', () => {
    const speech = stretches([200, 0.5], [10, 0], [200, 0.5], [40, 0], [200, 0.5]);

    expect(findPauses(speech, rate)).toEqual([430]);
    expect(findPauses(speech, rate, { minPauseMs: 10 })).toEqual([205, 430]);
    expect(findPauses(speech, rate, { minPauseMs: 50 })).toEqual([]);
  });

  it('are as quiet as asked for, compared with the loudest window', () => {
    const speech = stretches([200, 0.5], [50, 0.005], [200, 0.5]);

    expect(findPauses(speech, rate)).toEqual([225]);
    expect(findPauses(speech, rate, { belowPeakDb: 45 })).toEqual([]);
  });

  it('do not depend on how loud the recording is', () => {
    const speech = stretches([200, 0.5], [60, 0.001], [300, 0.4]);

    expect(
      findPauses(
        speech.map((sample) => sample / 16),
        rate,
      ),
    ).toEqual(findPauses(speech, rate));
  });

  it('do not exist where there is no sound, nor where there is nothing else', () => {
    expect(findPauses(new Float32Array(rate), rate)).toEqual([]);
    expect(findPauses(new Float32Array(0), rate)).toEqual([]);
    expect(findPauses(sine(500, rate, rate), rate)).toEqual([]);
  });

  it('lie in ascending order inside the recording', () => {
    const part = fc.tuple(fc.integer({ min: 10, max: 200 }), fc.constantFrom(0, 0.001, 0.3, 0.5));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const speech = stretches(...parts);
        const pauses = findPauses(speech, rate);

        expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
        for (const pause of pauses) {
          expect(pause).toBeGreaterThan(0);
          expect(pause).toBeLessThan((speech.length * 1000) / rate);
        }
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    [{ windowMs: 1 }, /windowMs must be a number from 2 to 100 ms, but is 1/],
    [{ belowPeakDb: Number.NaN }, /belowPeakDb must be a number from 6 to 90 dB, but is NaN/],
    [{ minPauseMs: -1 }, /minPauseMs must be a number from 0 to 5000 ms, but is -1/],
  ])('refuse %o', (options, message) => {
    expect(() => findPauses(new Float32Array(10), rate, options)).toThrow(message);
  });
});
