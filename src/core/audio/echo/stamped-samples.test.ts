import { describe, expect, it } from 'vitest';
import { noiseAt } from '../../pacing/background-noise.js';
import { createStampedSamples } from './stamped-samples.js';

const rate = 16_000;

describe('createStampedSamples', () => {
  it('counts on without a gap while the time stamps say so', () => {
    const samples = createStampedSamples(rate);

    const gaps = [5000, 5010, 5020].map((ms) => samples.observe(ms, 160));

    expect(gaps).toEqual([0, 0, 0]);
    expect(samples.next).toBe(480);
    expect(samples.indexAt(5025)).toBeCloseTo(400, 6);
  });

  it('begins at the time that was asked for first', () => {
    const samples = createStampedSamples(rate);

    expect(samples.indexAt(1000)).toBe(0);
    expect(samples.observe(1020, 160)).toBe(0);

    expect(samples.next).toBe(320 + 160);
  });

  it('takes jitter for jitter, and its mean for the time', () => {
    const samples = createStampedSamples(rate);
    let missing = 0;
    for (let frame = 0; frame < 1000; frame++) {
      missing += Math.abs(samples.observe(frame * 10 + 3.5 * noiseAt(1, frame), 160));
    }

    expect(missing).toBe(0);
    expect(samples.next).toBe(160_000);
    expect(Math.abs(samples.indexAt(10_000) - 160_000)).toBeLessThan(16);
  });

  it('follows a clock that runs differently without a gap', () => {
    const samples = createStampedSamples(rate);
    const slow = 1 + 200e-6;
    let missing = 0;
    for (let frame = 0; frame < 60_000; frame++) missing += Math.abs(samples.observe(frame * 10 * slow, 160));

    expect(missing).toBe(0);
    // 120 ms have piled up by now.
    expect(Math.abs(samples.indexAt(600_000 * slow) - samples.next)).toBeLessThan(8);
  });

  it('tells how many samples are missing, and how many came twice', () => {
    const samples = createStampedSamples(rate);
    samples.observe(0, 160);

    expect(samples.observe(30, 160)).toBe(320);
    expect(samples.next).toBe(640);
    expect(samples.observe(30, 160)).toBe(-160);
    expect(samples.next).toBe(640);
  });
});
