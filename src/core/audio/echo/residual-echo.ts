import { type BlockSpectra, inaudiblePower } from './block-spectra.js';

/** How much echo is left in what the filter gives. */
export interface ResidualEcho {
  /** Power of the echo that is believed to be left, for each bin. */
  readonly power: Float64Array;
  /** By how much the echo is believed to be removed. Units: decibels; smoothed over half a second with echo. */
  readonly lossDb: number;
  /** How much of what the filter left over is believed to be echo, over some 100 ms. Range: 0..1. */
  readonly share: number;
  /** Whether there is much more left over than that: a person, or a path that has changed. */
  readonly isSurprised: boolean;
  /**
   * Take the next block.
   *
   * @param uncertainty - what the filter does not know, of the whole block.
   * @param late - echo from beyond the filter's window.
   * @param convergence - how well the path is known, 0..1.
   * @param resemblance - how much what is left over looks like the echo.
   */
  step(
    spectra: BlockSpectra,
    uncertainty: Float64Array,
    late: Float64Array,
    convergence: number,
    resemblance: number,
  ): void;
  /** The path has changed: nothing is known to be removed. What was known before is kept. */
  reset(): void;
  /** The path from before has been found again: so is what it left over. */
  restore(): void;
}

/** The window halves the power of a whole block. */
const windowPower = 0.5;
/** The echo of one block rings on in the next: 3 dB less with each. */
const ringing = 0.5;
/** More than this times what was expected is a surprise: 6 dB. */
const surprise = 4;
/**
 * How fast the leakage of a bin follows, as a factor for each block: when all is as expected; when surprised, because it is
 * most likely a person; and when surprised by what resembles the echo, because then it is echo.
 */
const usualSpeed = 0.02;
const surprisedSpeed = 0.002;
const echoSpeed = 0.2;
const echoResemblance = 0.35;
const fullEchoResemblance = 0.55;
const leastLeakage = 1e-4;
/** An echo may be louder than its estimate for a while after a change. */
const mostLeakage = 4;
const lossSmoothing = 0.02;
const shareSmoothing = 0.1;
/** A path that was put back is off by parts of a sample: 6 dB more is left over, until it has been learnt. */
const moreThanBefore = 4;

/**
 * Two estimates of what is left, the larger one for each bin: what the filter itself does not know, and how much of the
 * estimated echo has been left over so far (leakage), which is where drift, distortion and an echo path that is longer
 * than the filter show.
 *
 * @remarks
 * The leakage of a bin follows the median of the ratio by small steps of constant size, so that a person who speaks for a second,
 * however loud, cannot move it by more than some decibels.
 */
export function createResidualEcho(bins: number): ResidualEcho {
  const lowBin = Math.round(bins * 0.03);
  const topBin = Math.round(bins * 0.5);
  const power = new Float64Array(bins);
  const ring = new Float64Array(bins);
  const lastUncertainty = new Float64Array(bins);
  const leakage = new Float64Array(bins).fill(1);
  const leakageBefore = new Float64Array(bins).fill(1);
  let echoLevel = 0;
  let residualLevel = 0;
  let isSurprised = false;
  let believed = 0;
  let leftOver = 0;

  const adapt = (residualPower: Float64Array, resemblance: number): void => {
    const downSpeed = isSurprised ? surprisedSpeed : usualSpeed;
    const alike = (resemblance - echoResemblance) / (fullEchoResemblance - echoResemblance);
    const upSpeed = isSurprised ? Math.max(downSpeed, echoSpeed * Math.min(1, alike)) : downSpeed;
    for (let k = 0; k < bins; k++) {
      const echo = ring[k] as number;
      if (echo < inaudiblePower) continue;
      const known = leakage[k] as number;
      const grows = (residualPower[k] as number) > known * echo;
      const next = known * (grows ? 1 + upSpeed / 2 : 1 - downSpeed / 2);
      leakage[k] = Math.min(mostLeakage, Math.max(leastLeakage, next));
    }
  };

  return {
    power,
    get lossDb() {
      return 10 * Math.log10((echoLevel + 1e-9) / (residualLevel + 1e-9));
    },
    get share() {
      return believed / (leftOver + 1e-9);
    },
    get isSurprised() {
      return isSurprised;
    },
    step({ echoPower, residualPower }, uncertainty, late, convergence, resemblance) {
      // Before it has converged, the filter knows less than it believes.
      const doubt = windowPower * (2 - convergence);
      let found = 0;
      let expected = 0;
      let echo = 0;
      for (let k = 0; k < bins; k++) {
        const rung = Math.max(echoPower[k] as number, ringing * (ring[k] as number));
        ring[k] = rung;
        const unknown = doubt * Math.max(uncertainty[k] as number, lastUncertainty[k] as number);
        lastUncertainty[k] = uncertainty[k] as number;
        const leaked = (leakage[k] as number) * rung + windowPower * (late[k] as number);
        power[k] = Math.max(unknown, leaked);
        if (k <= lowBin || k >= topBin) continue;
        found += residualPower[k] as number;
        expected += power[k] as number;
        echo += echoPower[k] as number;
      }
      echoLevel += lossSmoothing * (echo - echoLevel);
      residualLevel += lossSmoothing * (expected - residualLevel);
      believed += shareSmoothing * (Math.min(found, expected) - believed);
      leftOver += shareSmoothing * (found - leftOver);
      isSurprised = found > surprise * expected;
      adapt(residualPower, resemblance);
    },
    reset() {
      leakageBefore.set(leakage);
      leakage.fill(1);
    },
    restore() {
      for (let k = 0; k < bins; k++) leakage[k] = Math.min(1, moreThanBefore * (leakageBefore[k] as number));
    },
  };
}
