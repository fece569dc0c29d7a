import type { ComplexArray } from './echo-path-kernels.js';
import type { RealFft } from './real-fft.js';
import { createShortTimeAnalysis, readPower } from './short-time-spectrum.js';

/**
 * One block of the estimated echo and of what it left over, as windowed spectra. They add up to what was captured.
 *
 * Units: powers of bins; white noise of -80 dB below full scale has 1.6e-6 in each bin of a block of 160 samples.
 */
export interface BlockSpectra {
  readonly echo: ComplexArray;
  readonly echoPower: Float64Array;
  readonly residual: ComplexArray;
  readonly residualPower: Float64Array;
  /** Smoothed over some 100 ms. */
  readonly steadyResidualPower: Float64Array;
}

/** Below this a bin holds nothing: about -70 dB below full scale. */
export const inaudiblePower = 1e-5;

const steadiness = 0.9;

/** Keeps `BlockSpectra` up to date: `push` overwrites them. */
export function createBlockSpectra(fft: RealFft): BlockSpectra & {
  push(echo: Float64Array, residual: Float64Array): void;
} {
  const echo = createShortTimeAnalysis(fft);
  const residual = createShortTimeAnalysis(fft);
  const echoPower = new Float64Array(fft.bins);
  const residualPower = new Float64Array(fft.bins);
  const steadyResidualPower = new Float64Array(fft.bins);
  return {
    echo,
    echoPower,
    residual,
    residualPower,
    steadyResidualPower,
    push(echoBlock, residualBlock) {
      echo.push(echoBlock);
      residual.push(residualBlock);
      readPower(echo, echoPower);
      readPower(residual, residualPower);
      for (let k = 0; k < residualPower.length; k++) {
        steadyResidualPower[k] =
          steadiness * (steadyResidualPower[k] as number) + (1 - steadiness) * (residualPower[k] as number);
      }
    },
  };
}
