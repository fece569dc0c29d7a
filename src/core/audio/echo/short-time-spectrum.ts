import { type ComplexArray, complexArray } from './echo-path-kernels.js';
import type { RealFft } from './real-fft.js';

/** A stream of blocks as windowed spectra, each of the last two blocks. */
export interface ShortTimeAnalysis extends ComplexArray {
  /** Take a block; `real` and `imaginary` are the spectrum of it and the one before. */
  push(block: Float64Array): void;
}

/** Windowed spectra back into blocks, one block later than they were taken. */
export interface ShortTimeSynthesis {
  /** Write the block that is complete with this spectrum into `target`. */
  pull(spectrum: ComplexArray, target: Float64Array): void;
}

/** Half a sine over two blocks: applied twice, it adds up to one where windows overlap. */
function sineWindow(size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => Math.sin((Math.PI * (i + 0.5)) / size));
}

/** @param fft - transform of two blocks. */
export function createShortTimeAnalysis(fft: RealFft): ShortTimeAnalysis {
  const { size } = fft;
  const blockSamples = size / 2;
  const window = sineWindow(size);
  const previous = new Float64Array(blockSamples);
  const both = new Float64Array(size);
  const spectrum = complexArray(fft.bins);
  return {
    ...spectrum,
    push(block) {
      for (let i = 0; i < blockSamples; i++) {
        both[i] = (previous[i] as number) * (window[i] as number);
        both[blockSamples + i] = (block[i] as number) * (window[blockSamples + i] as number);
      }
      previous.set(block);
      fft.forward(both, spectrum.real, spectrum.imaginary);
    },
  };
}

/** @param fft - transform of two blocks. */
export function createShortTimeSynthesis(fft: RealFft): ShortTimeSynthesis {
  const { size } = fft;
  const blockSamples = size / 2;
  const window = sineWindow(size);
  const both = new Float64Array(size);
  const pending = new Float64Array(blockSamples);
  return {
    pull(spectrum, target) {
      fft.inverse(spectrum.real, spectrum.imaginary, both);
      for (let i = 0; i < blockSamples; i++) {
        target[i] = (pending[i] as number) + (both[i] as number) * (window[i] as number);
        pending[i] = (both[blockSamples + i] as number) * (window[blockSamples + i] as number);
      }
    },
  };
}

/** Power of a spectrum, for each bin. */
export function readPower({ real, imaginary }: ComplexArray, target: Float64Array): void {
  for (let k = 0; k < target.length; k++) {
    target[k] = (real[k] as number) ** 2 + (imaginary[k] as number) ** 2;
  }
}
