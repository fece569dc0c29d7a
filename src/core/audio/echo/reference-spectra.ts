import { type BinMajorSpectra, binMajorSpectra, complexArray, writeColumn } from './echo-path-kernels.js';
import type { RealFft } from './real-fft.js';

/** The spectra of the last blocks of the reference, each together with the block before it. */
export interface ReferenceSpectra {
  readonly spectra: BinMajorSpectra;
  /** Take the next block; the oldest one is forgotten. */
  push(block: Float64Array): void;
  /** The column of the block that is `blocks` old, 0..`keptBlocks` - 1; older ones follow it, around the end. */
  columnOf(blocks: number): number;
  /** Write the power of the block that is `blocks` old into `target`, for each bin. */
  readPower(blocks: number, target: Float64Array): void;
}

/** @param fft - transform of two blocks. */
export function createReferenceSpectra(fft: RealFft, keptBlocks: number): ReferenceSpectra {
  const { size, bins } = fft;
  const blockSamples = size / 2;
  const spectra = binMajorSpectra(bins, keptBlocks);
  const spectrum = complexArray(bins);
  const previous = new Float64Array(blockSamples);
  const both = new Float64Array(size);
  let newest = 0;

  const columnOf = (blocks: number): number => (newest + blocks) % keptBlocks;

  return {
    spectra,
    push(block) {
      both.set(previous);
      both.set(block, blockSamples);
      previous.set(block);
      fft.forward(both, spectrum.real, spectrum.imaginary);
      newest = newest === 0 ? keptBlocks - 1 : newest - 1;
      writeColumn(spectra, newest, spectrum);
    },
    columnOf,
    readPower(blocks, target) {
      for (let k = 0, at = columnOf(blocks); k < bins; k++, at += keptBlocks) {
        const re = spectra.real[at] as number;
        const im = spectra.imaginary[at] as number;
        target[k] = re * re + im * im;
      }
    },
  };
}
