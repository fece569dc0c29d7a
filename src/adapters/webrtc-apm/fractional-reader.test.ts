import { describe, expect, it } from 'vitest';
import { reach, readBetween } from './fractional-reader.js';

const length = 480;

describe('readBetween', () => {
  it.each([0.01, 0.1, 0.25, 0.35])(
    'reads a tone of %d of the sample rate between its samples',
    (frequency) => {
      // Whole periods, so that the ring has no seam.
      const perSample = (2 * Math.PI * Math.round(frequency * length)) / length;
      const ring = Float32Array.from({ length }, (_, index) => Math.sin(perSample * index));

      let worst = 0;
      for (let place = 0; place < length; place += 0.37) {
        const index = Math.floor(place);
        const error = readBetween(ring, index, place - index) - Math.sin(perSample * place);
        worst = Math.max(worst, Math.abs(error));
      }

      // Half a place of 1/512 sample is off by as much as the tone moves in it.
      expect(worst).toBeLessThan(perSample / 1024 + 0.003);
    },
  );

  it('gives the samples themselves at their places, and a constant for a constant', () => {
    const ring = Float32Array.from({ length }, (_, index) => Math.sin(index * index));
    for (const index of [reach, 200, length - 1]) {
      expect(readBetween(ring, index, 0)).toBeCloseTo(ring[index] as number, 6);
      expect(readBetween(ring, index, 0.9999)).toBeCloseTo(ring[(index + 1) % length] as number, 6);
    }
    const constant = new Float32Array(length).fill(0.7);
    for (const fraction of [0, 0.2, 0.5, 0.77])
      expect(readBetween(constant, 100, fraction)).toBeCloseTo(0.7, 6);
  });
});
