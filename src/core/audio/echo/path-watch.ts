import { type BlockSpectra, inaudiblePower } from './block-spectra.js';

/** Watches how well the estimated echo is the echo. */
export interface PathWatch {
  /**
   * How well the path is known: 0 at the start and after a change, 1 when the filter has shown that it removes the echo.
   *
   * Double talk does not lower it.
   */
  readonly convergence: number;
  /**
   * How much what is left over rises and falls with the estimated echo. Range: -1..1. Near 0 while a person speaks, above
   * 0.35 when what is left over is echo.
   */
  readonly resemblance: number;
  /**
   * Whether the estimated echo seems to be missing in what was captured, long before it is sure. Range: 0..1. A person who talks never raises it.
   */
  readonly missing: number;
  /** Whether the path was questioned, and no echo has been found yet where it is expected. */
  readonly isQuestioned: boolean;
  /** The reference or the microphone was set to another place: the path may be off by what their stamps are. */
  question(): void;
  /**
   * Take the next block.
   *
   * @param lossDb - by how much the echo is believed to be removed at present.
   * @returns the share of the path that is still true (0..1) if the path has changed, else `undefined`.
   */
  step(spectra: BlockSpectra, lossDb: number): number | undefined;
}

/** The share of the estimated echo that must be missing in what was captured for the path to count as another one. */
const missingShare = 0.5;
/** And how many standard deviations of chance that must be. */
const certainty = 8;
const changeBlocks = 15;
/**
 * The same over fewer blocks. After a change of the delay 0.4 to 0.9 are missing within 20 to 60 ms of echo, with five to ten standard deviations;
 * in 11,900 blocks of double talk, speaker to echo -6 to +6 dB, it was never 0.3 with more than five.
 */
const quickBlocks = 6;
const quickShare = 0.45;
const quickCertainty = 7;
const suspiciousShare = 0.15;
const surelySuspiciousShare = 0.3;
const suspiciousCertainty = 5;
/**
 * A bin whose estimated echo is so far below the loudest bin of late says nothing: before the echo arrives, in pauses and where the
 * loudspeaker hardly ever has sound, the estimate is but the filter's own error, and that is missing in what was captured. The loudest
 * fades by half in 14 s.
 */
const audibleShare = 3e-5;
const loudestFading = 0.9995;
/** Blocks with echo where it is expected that answer a question. */
const answeringBlocks = 12;
/** The filter must have worked before it can have stopped to: blocks with echo in which it removed so much. */
const workedBlocks = 50;
const workedLossDb = 6;
/** An agreement that is better than this is one of a filter that works. */
const agreeingShare = 0.2;

/** A bin is solved if a quarter of its power is left at most. */
const solvedShare = 0.25;
const solvedBlocks = 20;
/** Share of solved bins by chance, and when the filter has converged. Measured: 0.1 to 0.15 before, 0.6 to 0.9 after. */
const solvedByChance = 0.2;
const solvedForSure = 0.5;
/** Bins that must hold echo for a block to count. */
const leastBins = 10;

const resemblanceBlocks = 25;
const meanSpeed = 0.03;

/**
 * Three questions to the same two spectra, each answered by what a person who talks cannot fake:
 *
 * - is the estimated echo *in* what was captured? After an abrupt change it is not, and what is left over holds it with
 *   the opposite sign. Measured: a change of the delay gives 0.85 to 1.0 of the estimate missing within 150 to 250 ms,
 *   double talk up to 6 dB louder than the echo never more than 0.35.
 * - is it *removed* in most bins, at least now and then? That is convergence.
 * - does what is left over *rise and fall* with it? A change that adds to the path instead of breaking it (a door opens) leaves
 *   new echo over, which has the envelope of the old. Measured: 0.5 to 0.75 for such echo, 0 to 0.25 for speech.
 */
export function createPathWatch(bins: number): PathWatch {
  // Speech bands: below lies rumble, above there is little echo to see.
  const lowBin = Math.max(1, Math.round(bins * 0.0125));
  const solvedTopBin = Math.round(bins * 0.5);
  const resemblanceTopBin = Math.round(bins * 0.62);
  const meanEcho = new Float64Array(bins);
  const meanResidual = new Float64Array(bins);
  let loudest = 0;
  let convergence = 0;
  let projection = 0;
  let projected = 0;
  let quickProjection = 0;
  let quickProjected = 0;
  let unanswered = 0;
  let worked = 0;
  let solved = 0;
  let counted = 0;
  let common = 0;
  let echoSwing = 0;
  let residualSwing = 0;

  /** Regress what is left over on the estimate: -1 says that the estimate is not in what was captured. */
  const project = ({
    echo,
    echoPower,
    residual,
    residualPower,
    steadyResidualPower,
  }: BlockSpectra): number => {
    let both = 0;
    let own = 0;
    let peak = loudestFading * loudest;
    for (let k = 1; k < bins; k++) peak = Math.max(peak, echoPower[k] as number);
    loudest = peak;
    for (let k = 1; k < bins; k++) {
      const power = echoPower[k] as number;
      if (power < audibleShare * peak) continue;
      const rest = Math.max(steadyResidualPower[k] as number, residualPower[k] as number);
      const weight = 1 / (rest + power + inaudiblePower);
      const product =
        (residual.real[k] as number) * (echo.real[k] as number) +
        (residual.imaginary[k] as number) * (echo.imaginary[k] as number);
      both += weight * product;
      own += weight * power;
    }
    projection += both - projection / changeBlocks;
    projected += own - projected / changeBlocks;
    quickProjection += both - quickProjection / quickBlocks;
    quickProjected += own - quickProjected / quickBlocks;
    return own;
  };

  const countSolved = ({ echo, echoPower, residual, residualPower }: BlockSpectra): void => {
    let hits = 0;
    let all = 0;
    for (let k = lowBin; k < solvedTopBin; k++) {
      if ((echoPower[k] as number) < inaudiblePower) continue;
      const capturedReal = (residual.real[k] as number) + (echo.real[k] as number);
      const capturedImaginary = (residual.imaginary[k] as number) + (echo.imaginary[k] as number);
      const captured = capturedReal * capturedReal + capturedImaginary * capturedImaginary;
      all++;
      if ((residualPower[k] as number) < solvedShare * captured) hits++;
    }
    if (all < leastBins) return;
    solved += hits - solved / solvedBlocks;
    counted += all - counted / solvedBlocks;
    if (counted < leastBins) return;
    const share = (solved / counted - solvedByChance) / (solvedForSure - solvedByChance);
    convergence = Math.max(convergence, Math.min(1, share));
  };

  /** Correlate the envelopes of both, bin by bin, freed from their means. */
  const compareEnvelopes = ({ echoPower, residualPower }: BlockSpectra): void => {
    let product = 0;
    let echoSquare = 0;
    let residualSquare = 0;
    for (let k = lowBin; k < resemblanceTopBin; k++) {
      // Fourth roots: the loudest bins must not decide alone.
      const echoSide = Math.sqrt(Math.sqrt((echoPower[k] as number) + rootFloor)) - (meanEcho[k] as number);
      const residualSide =
        Math.sqrt(Math.sqrt((residualPower[k] as number) + rootFloor)) - (meanResidual[k] as number);
      meanEcho[k] = (meanEcho[k] as number) + meanSpeed * echoSide;
      meanResidual[k] = (meanResidual[k] as number) + meanSpeed * residualSide;
      product += echoSide * residualSide;
      echoSquare += echoSide * echoSide;
      residualSquare += residualSide * residualSide;
    }
    common += product - common / resemblanceBlocks;
    echoSwing += echoSquare - echoSwing / resemblanceBlocks;
    residualSwing += residualSquare - residualSwing / resemblanceBlocks;
  };

  const quickSurplus = (): number => quickProjection / (quickProjected + 1e-3);
  const quickDeviations = (): number => -quickProjection / Math.sqrt(quickProjected / 2 + 1e-3);

  return {
    get missing() {
      if (worked === 0 || quickDeviations() < suspiciousCertainty) return 0;
      const share = (-quickSurplus() - suspiciousShare) / (surelySuspiciousShare - suspiciousShare);
      return Math.max(0, Math.min(1, share));
    },
    get convergence() {
      return convergence;
    },
    get resemblance() {
      return common / Math.sqrt(echoSwing * residualSwing + 1e-9);
    },
    get isQuestioned() {
      return unanswered > 0;
    },
    question() {
      unanswered = answeringBlocks;
    },
    step(spectra, lossDb) {
      const echoBins = project(spectra);
      countSolved(spectra);
      compareEnvelopes(spectra);
      const surplus = projection / (projected + 1e-3);
      const deviations = -projection / Math.sqrt(projected / 2 + 1e-3);
      const isMissing = surplus < -missingShare && deviations > certainty;
      const isQuicklyMissing = quickSurplus() < -quickShare && quickDeviations() > quickCertainty;
      if (worked > workedBlocks && (isMissing || isQuicklyMissing)) {
        quickProjection = 0;
        quickProjected = 0;
        unanswered = 0;
        worked = 0;
        convergence = 0;
        projection = 0;
        projected = 0;
        solved = 0;
        counted = 0;
        return Math.max(0, 1 + surplus);
      }
      if (echoBins > 1 && surplus > -agreeingShare && lossDb > workedLossDb) worked++;
      if (echoBins > 1 && quickSurplus() > -agreeingShare) unanswered = Math.max(0, unanswered - 1);
      return undefined;
    },
  };
}

const rootFloor = 1e-7;
