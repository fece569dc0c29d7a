import { describe, expect, it } from 'vitest';
import { binMajorSpectra, complexArray, readColumn, writeColumn } from './echo-path-kernels.js';
import { createKeptPath } from './kept-path.js';
import { createRealFft } from './real-fft.js';
import { createReferenceSpectra } from './reference-spectra.js';

const blockSamples = 16;
const partitions = 4;
const fft = createRealFft(2 * blockSamples);

/** The spectra of a path whose response is one impulse. */
function impulseAt(sample: number) {
  const weights = binMajorSpectra(fft.bins, partitions);
  const spectrum = complexArray(fft.bins);
  for (let p = 0; p < partitions; p++) {
    const block = new Float64Array(fft.size);
    if (Math.floor(sample / blockSamples) === p) block[sample % blockSamples] = 1;
    fft.forward(block, spectrum.real, spectrum.imaginary);
    writeColumn(weights, p, spectrum);
  }
  return weights;
}

/** Where the impulse of a path is; nothing if it has left. */
function impulseOf(weights: ReturnType<typeof impulseAt>): number | undefined {
  const spectrum = complexArray(fft.bins);
  const block = new Float64Array(fft.size);
  for (let p = 0; p < partitions; p++) {
    readColumn(weights, p, spectrum);
    fft.inverse(spectrum.real, spectrum.imaginary, block);
    const at = block.findIndex((sample) => sample > 0.5);
    if (at >= 0) return p * blockSamples + at;
  }
  return undefined;
}

const keeping = (sample: number, offsetBlocks = 0) => {
  const past = createReferenceSpectra(fft, 2 * partitions + 1);
  const path = createKeptPath(fft, partitions, past);
  path.keep(impulseAt(sample), offsetBlocks);
  return { path, past };
};

describe('createKeptPath', () => {
  it.each([
    [20, 0, 0],
    [20, 0, 5],
    [20, 0, 37],
    [20, 0, -3],
    [20, 2, -30],
    [3, 1, 50],
  ])(
    'puts an echo after %d samples of an offset of %d blocks back, %d samples later',
    (sample, offsetBlocks, later) => {
      const { path } = keeping(sample, offsetBlocks);
      const weights = binMajorSpectra(fft.bins, partitions);

      const offset = path.putBack(weights, later);

      const at = impulseOf(weights);
      expect(at).toBeDefined();
      expect(offset * blockSamples + (at as number)).toBe(offsetBlocks * blockSamples + sample + later);
    },
  );

  it('loses what would come before its sound', () => {
    const weights = binMajorSpectra(fft.bins, partitions);
    expect(keeping(3).path.putBack(weights, -10)).toBe(0);
    expect(impulseOf(weights)).toBeUndefined();
  });

  it('gives the echo that the path would have made, though another one is being learnt', () => {
    const { path, past } = keeping(20);
    const echo = new Float64Array(blockSamples);
    const block = new Float64Array(blockSamples);
    block[2] = 1;

    past.push(block);
    past.push(new Float64Array(blockSamples));
    path.predict(echo);

    // 22 samples after the begin of the first block is the seventh of the second.
    expect(Array.from(echo, (sample) => Math.round(sample) + 0)).toEqual(
      Array.from(block, (_, i) => (i === 6 ? 1 : 0)),
    );
  });
});
