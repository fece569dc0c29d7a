import { describe, expect, it } from 'vitest';
import { noiseAt } from '../../pacing/background-noise.js';
import { createRealFft } from './real-fft.js';

const noise = (size: number, seed = 1) => Float64Array.from({ length: size }, (_, i) => noiseAt(seed, i));

function spectrumByDefinition(signal: Float64Array): { real: number[]; imaginary: number[] } {
  const size = signal.length;
  const real: number[] = [];
  const imaginary: number[] = [];
  for (let k = 0; k <= size / 2; k++) {
    let re = 0;
    let im = 0;
    for (const [n, sample] of signal.entries()) {
      re += sample * Math.cos((2 * Math.PI * k * n) / size);
      im -= sample * Math.sin((2 * Math.PI * k * n) / size);
    }
    real.push(re);
    imaginary.push(im);
  }
  return { real, imaginary };
}

describe('createRealFft', () => {
  // Every combination of radices 4, 2 and 5, even and odd numbers of stages.
  for (const size of [2, 4, 8, 10, 16, 20, 32, 40, 64, 80, 100, 256, 320, 500, 512]) {
    it(`computes what the definition says, for ${size} samples`, () => {
      const fft = createRealFft(size);
      const signal = noise(size);
      const real = new Float64Array(fft.bins);
      const imaginary = new Float64Array(fft.bins);

      fft.forward(signal, real, imaginary);

      const expected = spectrumByDefinition(signal);
      expect(fft.bins).toBe(size / 2 + 1);
      for (let k = 0; k < fft.bins; k++) {
        expect(real[k]).toBeCloseTo(expected.real[k] as number, 10);
        expect(imaginary[k]).toBeCloseTo(expected.imaginary[k] as number, 10);
      }
    });

    it(`gives the signal back, for ${size} samples`, () => {
      const fft = createRealFft(size);
      const signal = noise(size, 3);
      const real = new Float64Array(fft.bins);
      const imaginary = new Float64Array(fft.bins);
      const back = new Float64Array(size);

      fft.forward(signal, real, imaginary);
      fft.inverse(real, imaginary, back);

      for (let n = 0; n < size; n++) expect(back[n]).toBeCloseTo(signal[n] as number, 12);
    });
  }

  it('takes the imaginary parts of the first and the last bin for zero', () => {
    const fft = createRealFft(8);
    const real = Float64Array.of(1, 0, 0, 0, 0);
    const signal = new Float64Array(8);

    fft.inverse(real, Float64Array.of(5, 0, 0, 0, 5), signal);

    for (const sample of signal) expect(sample).toBeCloseTo(1 / 8, 12);
  });

  it('has no memory: what was transformed before does not matter', () => {
    const fft = createRealFft(320);
    const [first, again] = [new Float64Array(161), new Float64Array(161)];
    const other = new Float64Array(161);

    fft.forward(noise(320), first, other);
    fft.forward(noise(320, 2), again, other);
    fft.inverse(again, other, new Float64Array(320));
    fft.forward(noise(320), again, other);

    expect(again).toEqual(first);
  });
});
