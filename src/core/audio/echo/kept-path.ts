import {
  type BinMajorSpectra,
  binMajorSpectra,
  complexArray,
  predictEcho,
  readColumn,
  writeColumn,
} from './echo-path-kernels.js';
import type { RealFft } from './real-fft.js';
import type { ReferenceSpectra } from './reference-spectra.js';

/** A path that was known, kept aside while another one is being learnt: it may only have moved. */
export interface KeptPath {
  keep(weights: BinMajorSpectra, offsetBlocks: number): void;
  /** Write the echo of the newest block, as that path would have it, into `target`. */
  predict(target: Float64Array): void;
  /**
   * Write that path into `weights`, its echo so many samples later. What leaves the span of the filter is lost.
   *
   * @returns blocks between the reference and the first partition.
   */
  putBack(weights: BinMajorSpectra, laterSamples: number): number;
}

/** @param past - of twice the partitions. */
export function createKeptPath(fft: RealFft, partitions: number, past: ReferenceSpectra): KeptPath {
  const { size, bins } = fft;
  const blockSamples = size / 2;
  const kept = binMajorSpectra(bins, partitions);
  const response = new Float64Array(partitions * blockSamples);
  const spectrum = complexArray(bins);
  const scratch = new Float64Array(size);
  const certain = new Float64Array(partitions * bins);
  const unused = new Float64Array(bins);
  let keptOffset = 0;

  return {
    keep(weights, offsetBlocks) {
      kept.real.set(weights.real);
      kept.imaginary.set(weights.imaginary);
      keptOffset = offsetBlocks;
    },
    predict(target) {
      predictEcho(past.spectra, past.columnOf(keptOffset), kept, certain, spectrum, unused);
      fft.inverse(spectrum.real, spectrum.imaginary, scratch);
      // The first half is what wraps around.
      for (let i = 0; i < blockSamples; i++) target[i] = scratch[blockSamples + i] as number;
    },
    putBack(weights, laterSamples) {
      for (let p = 0; p < partitions; p++) {
        readColumn(kept, p, spectrum);
        fft.inverse(spectrum.real, spectrum.imaginary, scratch);
        for (let i = 0; i < blockSamples; i++) response[p * blockSamples + i] = scratch[i] as number;
      }
      const wanted = keptOffset + Math.floor(laterSamples / blockSamples);
      const offset = Math.max(0, Math.min(partitions, wanted));
      const shift = laterSamples - (offset - keptOffset) * blockSamples;
      scratch.fill(0);
      for (let p = 0; p < partitions; p++) {
        for (let i = 0; i < blockSamples; i++) scratch[i] = response[p * blockSamples + i - shift] ?? 0;
        fft.forward(scratch, spectrum.real, spectrum.imaginary);
        writeColumn(weights, p, spectrum);
      }
      return offset;
    },
  };
}
