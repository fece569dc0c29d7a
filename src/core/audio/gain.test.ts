import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VoiceError } from '../errors.js';
import { createGainRamp, dbToGain, gainToDb } from './gain.js';

const ones = (count: number): Float32Array => new Float32Array(count).fill(1);

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return error instanceof VoiceError ? `${error.code} ${error.message}` : String(error);
  }
  return 'nothing was thrown';
}

describe('gain in decibels', () => {
  it('is 20 dB for a factor of ten', () => {
    expect(dbToGain(20)).toBeCloseTo(10, 12);
    expect(gainToDb(0.1)).toBeCloseTo(-20, 12);
    expect(dbToGain(0)).toBe(1);
    expect(dbToGain(Number.NEGATIVE_INFINITY)).toBe(0);
    expect(gainToDb(0)).toBe(Number.NEGATIVE_INFINITY);
  });

  it('goes there and back', () => {
    fc.assert(
      fc.property(fc.double({ min: -120, max: 40, noNaN: true }), (db) => {
        expect(gainToDb(dbToGain(db))).toBeCloseTo(db, 9);
      }),
    );
  });
});

describe('a gain ramp', () => {
  it('returns the samples themselves while the gain rests at 1', () => {
    const samples = Float32Array.from([0.1, -0, 1e-40, 2]);

    expect(createGainRamp(48_000).apply(samples)).toBe(samples);
  });

  it('returns the samples themselves again after it came back to 1', () => {
    const ramp = createGainRamp(8000);
    ramp.rampTo(0.5, 1);
    ramp.apply(ones(8));
    ramp.rampTo(1, 1);
    ramp.apply(ones(8));
    const samples = ones(3);

    expect(ramp.apply(samples)).toBe(samples);
  });

  it('goes in a straight line and stays at the target', () => {
    const ramp = createGainRamp(4000);
    ramp.rampTo(0, 1);

    expect([...ramp.apply(ones(6))]).toEqual([0.75, 0.5, 0.25, 0, 0, 0]);
    expect(ramp.gain).toBe(0);
    expect(ramp.target).toBe(0);
  });

  it('continues from the present gain when it is turned round half-way', () => {
    const ramp = createGainRamp(4000);
    ramp.rampTo(0, 1);
    ramp.apply(ones(2));

    ramp.rampTo(1, 1);

    expect(ramp.gain).toBe(0.5);
    expect([...ramp.apply(ones(5))]).toEqual([0.625, 0.75, 0.875, 1, 1]);
  });

  it('changes with the next sample when the ramp takes no time', () => {
    const ramp = createGainRamp(48_000);
    ramp.rampTo(0.25, 0);

    expect(ramp.gain).toBe(0.25);
    expect([...ramp.apply(ones(2))]).toEqual([0.25, 0.25]);
  });

  it('starts with the initial gain', () => {
    expect([...createGainRamp(48_000, 0.5).apply(ones(2))]).toEqual([0.5, 0.5]);
  });

  it('leaves its input alone and gives fresh arrays', () => {
    const ramp = createGainRamp(48_000, 0.5);
    const samples = ones(4);

    expect(ramp.apply(samples)).not.toBe(samples);
    expect(samples).toEqual(ones(4));
  });

  it('gives the same however the stream is cut, never steps by more than the ramp does, and meets its target', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 2, noNaN: true }),
        fc.double({ min: 0, max: 2, noNaN: true }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 0, max: 400 }),
        (from, to, rampMs, cut) => {
          const whole = createGainRamp(8000, from);
          const pieces = createGainRamp(8000, from);
          whole.rampTo(to, rampMs);
          pieces.rampTo(to, rampMs);

          const gains = whole.apply(ones(400));
          const cutGains = [...pieces.apply(ones(cut)), ...pieces.apply(ones(400 - cut))];

          const largestStep = Math.abs(to - from) / (rampMs * 8);
          expect(cutGains).toEqual([...gains]);
          expect(gains[399]).toBe(Math.fround(to));
          gains.forEach((gain, i) => {
            const before = i === 0 ? from : (gains[i - 1] as number);
            expect(Math.abs(gain - before)).toBeLessThanOrEqual(largestStep + 1e-6);
          });
        },
      ),
    );
  });

  it('goes back to a snapshot, also of a ramp under way', () => {
    const ramp = createGainRamp(4000);
    ramp.rampTo(0, 2);
    ramp.apply(ones(3));
    const state = ramp.snapshot();
    const first = ramp.apply(ones(10));
    ramp.rampTo(1, 0);

    ramp.restore(state);

    expect(ramp.apply(ones(10))).toEqual(first);
    const twin = createGainRamp(4000);
    twin.restore(state);
    expect(twin.apply(ones(10))).toEqual(first);
  });

  it.each([
    [() => createGainRamp(0), /sampleRateHz must be a whole number from 4000/],
    [() => createGainRamp(48_000, -1), /initialGain must be a number from 0 to 100, but is -1/],
    [() => createGainRamp(48_000).rampTo(Number.NaN, 10), /gain must be a number from 0 to 100, but is NaN/],
    [() => createGainRamp(48_000).rampTo(1, -5), /rampMs must be a number from 0 to 60000 ms, but is -5/],
    [
      () => createGainRamp(48_000).restore({ from: 1, target: 0, rampSamples: 4, doneSamples: 5 }),
      /doneSamples must be a whole number from 0 to 4, but is 5/,
    ],
  ])('refuses what it cannot do: %s', (action, message) => {
    expect(codeOf(action)).toMatch(/^OPTION_INVALID /);
    expect(codeOf(action)).toMatch(message);
  });
});
