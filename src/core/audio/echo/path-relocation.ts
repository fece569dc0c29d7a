import type { EchoPathFilter } from './echo-path-filter.js';
import { complexArray } from './echo-path-kernels.js';
import { createRealFft } from './real-fft.js';

/** After an abrupt change: looks whether the path is the old one, only earlier or later. */
export interface PathRelocation {
  readonly isLooking: boolean;
  /** The path has changed; the filter keeps the one from before. */
  begin(): void;
  /** Take the next captured block. @returns by how many samples later the old path's echo comes now, once that is found. */
  step(captured: Float64Array): number | undefined;
}

/** As many blocks are compared at most, and first after so many with echo; for so long it is looked. */
const comparedBlocks = 20;
const leastBlocks = 8;
const betweenLooks = 4;
const lookingBlocks = 60;
/** A block counts if the old path's echo in it is above some -60 dB below full scale. */
const leastEcho = 1e-6;
/** The echo that was expected must be as like as this to what was captured, at the place that was found. Half of a person may lie over it. */
const leastLikeness = 0.6;
/**
 * How far spectra are flattened: 1 would be by their phase alone. The pitch of a voice repeats itself in its correlation, and is told from the
 * true place only if flattened; where there is no voice there is only noise, and that must not count as much.
 */
const flattening = 0.75;

/**
 * A delay that jumps (a device that was opened again, a buffer that was lost) leaves the path as it was, at another place. Learning it from
 * nothing takes a second or more; finding the place takes a tenth, by correlating what the old path would have given with what was captured.
 */
export function createPathRelocation(filter: EchoPathFilter, blockSamples: number): PathRelocation {
  const most = comparedBlocks * blockSamples;
  const fft = createRealFft(2 ** Math.ceil(Math.log2(1.25 * most)));
  const reach = fft.size - most;
  const expected = new Float64Array(fft.size);
  const captured = new Float64Array(fft.size);
  const expectedSpectrum = complexArray(fft.bins);
  const capturedSpectrum = complexArray(fft.bins);
  const correlation = new Float64Array(fft.size);
  const block = new Float64Array(blockSamples);
  let isLooking = false;
  let blocks = 0;
  let looked = 0;

  /** Where the two are most alike, between `-reach` and `reach`. */
  const strongestLag = (): number => {
    fft.forward(expected, expectedSpectrum.real, expectedSpectrum.imaginary);
    fft.forward(captured, capturedSpectrum.real, capturedSpectrum.imaginary);
    for (let k = 0; k < fft.bins; k++) {
      const er = expectedSpectrum.real[k] as number;
      const ei = expectedSpectrum.imaginary[k] as number;
      const cr = capturedSpectrum.real[k] as number;
      const ci = capturedSpectrum.imaginary[k] as number;
      const size = Math.sqrt((er * er + ei * ei) * (cr * cr + ci * ci)) ** flattening + 1e-6;
      capturedSpectrum.real[k] = (cr * er + ci * ei) / size;
      capturedSpectrum.imaginary[k] = (ci * er - cr * ei) / size;
    }
    fft.inverse(capturedSpectrum.real, capturedSpectrum.imaginary, correlation);
    let strongest = 0;
    for (let lag = -reach; lag <= reach; lag++) {
      const here = correlation[(lag + fft.size) % fft.size] as number;
      if (here > (correlation[(strongest + fft.size) % fft.size] as number)) strongest = lag;
    }
    return strongest;
  };

  const likenessAt = (lag: number, length: number): number => {
    let both = 0;
    let one = 1e-9;
    let other = 1e-9;
    for (let i = Math.max(0, lag); i < Math.min(length, length + lag); i++) {
      const was = captured[i] as number;
      const should = expected[i - lag] as number;
      both += was * should;
      one += was * was;
      other += should * should;
    }
    return both / Math.sqrt(one * other);
  };

  return {
    get isLooking() {
      return isLooking;
    },
    begin() {
      isLooking = true;
      blocks = 0;
      looked = 0;
      expected.fill(0);
      captured.fill(0);
    },
    step(capturedBlock) {
      filter.predictKept(block);
      let power = 0;
      for (let i = 0; i < blockSamples; i++) power += (block[i] as number) ** 2;
      if (blocks >= comparedBlocks) {
        expected.copyWithin(0, blockSamples, most);
        captured.copyWithin(0, blockSamples, most);
      }
      const at = Math.min(blocks, comparedBlocks - 1) * blockSamples;
      expected.set(block, at);
      captured.set(capturedBlock, at);
      // Silence is no time.
      if (power > leastEcho * blockSamples || blocks > 0) blocks++;
      looked++;
      if (blocks >= leastBlocks && (blocks - leastBlocks) % betweenLooks === 0) {
        const lag = strongestLag();
        if (likenessAt(lag, at + blockSamples) >= leastLikeness) {
          isLooking = false;
          return lag;
        }
      }
      if (blocks >= lookingBlocks || looked >= 8 * lookingBlocks) isLooking = false;
      return undefined;
    },
  };
}
