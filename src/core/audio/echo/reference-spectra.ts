import { type PartitionedSpectra, partitionedSpectra } from './echo-path-kernels.js';
import type { RealFft } from './real-fft.js';

/** The spectra of the last blocks of the reference, each together with the block before it. */
export interface ReferenceSpectra {
  readonly spectra: PartitionedSpectra;
  /** Take the next block; the oldest one is forgotten. */
  push(block: Float64Array): void;
  /** Where in `spectra` the block begins that is `blocks` old. Range: 0..`keptBlocks` - 1. */
  indexOf(blocks: number): number;
  /** Write the power of the block that is `blocks` old into `target`, for each bin. */
  readPower(blocks: number, target: Float64Array): void;
}

/** @param fft - transform of two blocks. */
export function createReferenceSpectra(fft: RealFft, keptBlocks: number): ReferenceSpectra {
  const { size, bins } = fft;
  const blockSamples = size / 2;
  const spectra = partitionedSpectra(keptBlocks, bins);
  const { real, imaginary } = partitionedSpectra(1, bins);
  const previous = new Float64Array(blockSamples);
  const both = new Float64Array(size);
  let newest = 0;

  const indexOf = (blocks: number): number => ((newest + blocks) % keptBlocks) * bins;

  return {
    spectra,
    push(block) {
      both.set(previous);
      both.set(block, blockSamples);
      previous.set(block);
      fft.forward(both, real, imaginary);
      newest = newest === 0 ? keptBlocks - 1 : newest - 1;
      spectra.real.set(real, newest * bins);
      spectra.imaginary.set(imaginary, newest * bins);
    },
    indexOf,
    readPower(blocks, target) {
      const from = indexOf(blocks);
      for (let k = 0; k < bins; k++) {
        const re = spectra.real[from + k] as number;
        const im = spectra.imaginary[from + k] as number;
        target[k] = re * re + im * im;
      }
    },
  };
}
