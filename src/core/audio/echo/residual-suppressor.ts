import type { BlockSpectra } from './block-spectra.js';
import { type ComplexArray, complexArray } from './echo-path-kernels.js';

/** Takes the echo that is left out of a spectrum. */
export interface ResidualSuppressor {
  /** Overwritten by the next block. */
  readonly cleaned: ComplexArray;
  /**
   * @param leftOver - power of the echo that is believed to be left, for each bin.
   * @param caution - power that may be echo because nothing is known yet.
   */
  step(spectra: BlockSpectra, leftOver: Float64Array, caution: Float64Array): void;
}

/** Twice what is believed: speech fluctuates around its power. 3 takes a little more of the near end, and gained nothing. */
const overestimate = 2;
/** What is left of a bin at least: 36 dB less. Enough for a speech detector not to find what is left, which at 30 dB it still did. */
const leastGain = 0.015;
/** The same while nothing is known: whatever is left of an echo would be heard as speech. */
const leastCautiousGain = 0.001;
/** Share of the block before, in the power and in the gain: against the tinkling of single bins. */
const powerSmoothing = 0.3;
const gainSmoothing = 0.3;

/**
 * A Wiener gain for each bin. It is one where the residual is louder than any echo that may be left, so near-end speech passes as
 * it is: measured at 0 dB of speech to echo, its level changes by 0.4 dB.
 */
export function createResidualSuppressor(bins: number): ResidualSuppressor {
  const cleaned = complexArray(bins);
  const steady = new Float64Array(bins);
  const gains = new Float64Array(bins).fill(1);
  return {
    cleaned,
    step({ residual, residualPower }, leftOver, caution) {
      for (let k = 0; k < bins; k++) {
        const power =
          powerSmoothing * (steady[k] as number) + (1 - powerSmoothing) * (residualPower[k] as number);
        steady[k] = power;
        const believed = leftOver[k] as number;
        const possible = caution[k] as number;
        const echo = Math.max(believed, Math.min(power, possible));
        const least = possible > believed ? leastCautiousGain : leastGain;
        const wanted = Math.max(least, 1 - (overestimate * echo) / (power + 1e-12));
        const gain = gainSmoothing * (gains[k] as number) + (1 - gainSmoothing) * wanted;
        gains[k] = gain;
        cleaned.real[k] = (residual.real[k] as number) * gain;
        cleaned.imaginary[k] = (residual.imaginary[k] as number) * gain;
      }
    },
  };
}
