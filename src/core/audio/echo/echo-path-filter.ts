import {
  binMajorSpectra,
  complexArray,
  predictEcho,
  readColumn,
  shiftColumns,
  updatePath,
  writeColumn,
} from './echo-path-kernels.js';
import { createKeptPath } from './kept-path.js';
import type { RealFft } from './real-fft.js';
import { createReferenceSpectra } from './reference-spectra.js';

/** The path from the loudspeaker to the microphone, estimated block by block. */
export interface EchoPathFilter {
  /** Estimated echo of the last block. Overwritten by the next. */
  readonly echo: Float64Array;
  /** The last block without it. Overwritten by the next. */
  readonly residual: Float64Array;
  /** How much echo the residual is expected to hold because the path is not known better: power for each bin. */
  readonly uncertainty: Float64Array;
  /** Blocks between the reference and the first partition; see `slide`. */
  readonly offsetBlocks: number;
  /** Take a block of the reference and what was captured meanwhile. */
  step(reference: Float64Array, captured: Float64Array): void;
  /** Take a block of the reference that nothing was captured of. */
  skip(reference: Float64Array): void;
  /** Start again with the window at delay zero; the path as known so far is kept by this factor (0 forgets it). */
  restart(keep: number): void;
  /** Keep the path as it is now aside: it will be started again. */
  keepPath(): void;
  /** Write the echo of the newest block, as the path kept aside would have it, into `target`. */
  predictKept(target: Float64Array): void;
  /** Go on with the path kept aside, its echo so many samples later, and with this share of its power in doubt. */
  putBack(laterSamples: number, doubted: number): void;
  /**
   * What is left over is echo: the path as known may be wrong by this share of its power. It goes on from what is known, and learns
   * as fast as such an error asks for. Range: 0..1.
   */
  doubt(share: number): void;
  /** Move the window: let the path begin this many blocks later (or earlier, if negative). What leaves the window is forgotten. */
  slide(blocks: number): void;
  /** Power of the echo that one partition makes of what the loudspeaker usually plays, relative to that. */
  partitionPower(partition: number): number;
  /** Write the mean power of the last few partitions' weights into `target`, for each bin. */
  readTail(target: Float64Array): void;
  /** Write the impulse response of one partition (one block) into the begin of `target`, which has the length of a transform. */
  readResponse(partition: number, target: Float64Array): void;
  /** Write the power of the newest reference block into `target`, for each bin. */
  readNewestPower(target: Float64Array): void;
  /** Write the power of the reference block that has just left the window into `target`, for each bin. */
  readLeavingPower(target: Float64Array): void;
}

/**
 * Prior variance of the weights, at the first partition and its factor from one to the next: an echo about as loud as the
 * reference whose reverberation decays. Chosen on simulated rooms; between 0.03 and 0.3 the result hardly changes.
 */
const priorVariance = 0.1;
const priorDecay = 0.95;
/** Variance of what comes into the window at its far end: there is little left. */
const enteringVariance = 1e-3;
/**
 * How much of what is known of the path stays true for one more block of 10 ms: 0.9993 squared. Slower ones follow a person
 * who walks about too late, faster ones suffer in double talk (between 0.999 and 0.9995 it is 1 dB of one against the other).
 */
const memory = 0.9993 ** 2;
/** Smoothing of the near-end power from block to block. */
const nearSmoothing = 0.9;
/** Partitions whose circular part is removed with each block; each one comes round after `partitions / 2` blocks. */
const constrainedPerBlock = 2;
const tailPartitions = 4;
/** How fast what counts as usual in the reference follows, for each block with sound: some 5 s. */
const usualSpeed = 0.002;
const leastPower = 1e-9;

/**
 * A frequency-domain adaptive filter in partitions of one block, whose step size is a Kalman gain for each partition and bin.
 *
 * @remarks
 * For every weight it keeps the variance of its error. A block moves the weight by the share that this variance has in the
 * power of what is left over; the rest of that power is put down to the person who speaks. Hence it learns fast from nothing,
 * slows down as it converges, and stands still while somebody talks over the loudspeaker, with no detector of double talk.
 *
 * Only two partitions in turn are cut back to their block in the time domain; doing so with all of them each time costs as
 * much as the rest of the filter and was measured to gain nothing.
 *
 * The filter spans `partitions` blocks. It can be slid along the reference, of whose spectra it keeps twice as many, so that none of
 * the span is spent on a delay in which nothing arrives.
 * @see Enzner and Vary, Frequency-domain adaptive Kalman filter for acoustic echo control in hands-free telephones, Signal
 * Processing 86 (2006); Kuech, Mabande and Enzner, State-space architecture of the partitioned-block-based acoustic echo
 * controller, ICASSP 2014.
 */
export function createEchoPathFilter(fft: RealFft, partitions: number): EchoPathFilter {
  const { size, bins } = fft;
  const blockSamples = size / 2;
  const past = createReferenceSpectra(fft, 2 * partitions + 1);
  const weights = binMajorSpectra(bins, partitions);
  const variance = new Float64Array(partitions * bins);
  const kept = createKeptPath(fft, partitions, past);
  const scratch = new Float64Array(size);
  const spectrum = complexArray(bins);
  const echoSpectrum = complexArray(bins);
  const residualSpectrum = complexArray(bins);
  const uncertainty = new Float64Array(bins);
  const innovation = new Float64Array(bins);
  const newestPower = new Float64Array(bins);
  const usual = new Float64Array(bins);
  const nearPower = new Float64Array(bins);
  const echo = new Float64Array(blockSamples);
  const residual = new Float64Array(blockSamples);
  let offsetBlocks = 0;
  let nextConstrained = 0;

  const forget = (): void => {
    for (let p = 0; p < partitions; p++) {
      const prior = priorVariance * priorDecay ** p;
      for (let w = p; w < variance.length; w += partitions) variance[w] = prior;
    }
  };
  forget();

  const follow = (): void => {
    past.readPower(0, newestPower);
    for (let k = 0; k < bins; k++) {
      usual[k] = (usual[k] as number) + usualSpeed * ((newestPower[k] as number) - (usual[k] as number));
    }
  };

  const partitionPower = (partition: number): number => {
    let sum = 0;
    let all = leastPower;
    for (let k = 0, w = partition; k < bins; k++, w += partitions) {
      const power = usual[k] as number;
      sum += power * ((weights.real[w] as number) ** 2 + (weights.imaginary[w] as number) ** 2);
      all += power;
    }
    return sum / all;
  };

  const subtractEcho = (captured: Float64Array): void => {
    predictEcho(past.spectra, past.columnOf(offsetBlocks), weights, variance, echoSpectrum, uncertainty);
    fft.inverse(echoSpectrum.real, echoSpectrum.imaginary, scratch);
    // The first half is what wraps around.
    for (let i = 0; i < blockSamples; i++) {
      const estimate = scratch[blockSamples + i] as number;
      echo[i] = estimate;
      residual[i] = (captured[i] as number) - estimate;
    }
  };

  const learn = (): void => {
    scratch.fill(0, 0, blockSamples);
    scratch.set(residual, blockSamples);
    fft.forward(scratch, residualSpectrum.real, residualSpectrum.imaginary);
    for (let k = 0; k < bins; k++) {
      const er = residualSpectrum.real[k] as number;
      const ei = residualSpectrum.imaginary[k] as number;
      const expected = uncertainty[k] as number;
      const unexplained = Math.max(0, er * er + ei * ei - 0.5 * expected);
      const near = nearSmoothing * (nearPower[k] as number) + (1 - nearSmoothing) * unexplained;
      nearPower[k] = near;
      innovation[k] = 1 / (expected + 2 * near + leastPower);
    }
    const newest = past.columnOf(offsetBlocks);
    updatePath(past.spectra, newest, weights, variance, residualSpectrum, innovation, memory);
  };

  const constrain = (partition: number): void => {
    readColumn(weights, partition, spectrum);
    fft.inverse(spectrum.real, spectrum.imaginary, scratch);
    scratch.fill(0, blockSamples);
    fft.forward(scratch, spectrum.real, spectrum.imaginary);
    writeColumn(weights, partition, spectrum);
  };

  const doubt = (share: number): void => {
    let power = 0;
    for (let p = 0; p < partitions; p++) power += partitionPower(p);
    const atFirst = share * power * ((1 - priorDecay) / (1 - priorDecay ** partitions));
    for (let p = 0; p < partitions; p++) {
      const least = atFirst * priorDecay ** p;
      for (let w = p; w < variance.length; w += partitions) {
        variance[w] = Math.max(variance[w] as number, least);
      }
    }
  };

  return {
    echo,
    residual,
    uncertainty,
    get offsetBlocks() {
      return offsetBlocks;
    },
    step(reference, captured) {
      past.push(reference);
      follow();
      subtractEcho(captured);
      learn();
      for (let i = 0; i < constrainedPerBlock; i++) {
        constrain(nextConstrained);
        nextConstrained = (nextConstrained + 1) % partitions;
      }
    },
    skip: past.push,
    restart(keep) {
      offsetBlocks = 0;
      for (let w = 0; w < variance.length; w++) {
        weights.real[w] = (weights.real[w] as number) * keep;
        weights.imaginary[w] = (weights.imaginary[w] as number) * keep;
      }
      forget();
    },
    keepPath: () => kept.keep(weights, offsetBlocks),
    predictKept: kept.predict,
    putBack(laterSamples, doubted) {
      offsetBlocks = kept.putBack(weights, laterSamples);
      variance.fill(0);
      doubt(doubted);
    },
    doubt,
    slide(blocks) {
      const by = Math.max(-offsetBlocks, Math.min(partitions - offsetBlocks, blocks));
      offsetBlocks += by;
      shiftColumns(weights.real, partitions, by, 0);
      shiftColumns(weights.imaginary, partitions, by, 0);
      shiftColumns(variance, partitions, by, enteringVariance);
    },
    partitionPower,
    readTail(target) {
      target.fill(0);
      const first = Math.max(0, partitions - tailPartitions);
      for (let p = first; p < partitions; p++) {
        for (let k = 0, w = p; k < bins; k++, w += partitions) {
          const power = (weights.real[w] as number) ** 2 + (weights.imaginary[w] as number) ** 2;
          target[k] = (target[k] as number) + power / (partitions - first);
        }
      }
    },
    readResponse(partition, target) {
      readColumn(weights, partition, spectrum);
      fft.inverse(spectrum.real, spectrum.imaginary, target);
    },
    readNewestPower: (target) => past.readPower(0, target),
    readLeavingPower: (target) => past.readPower(offsetBlocks + partitions, target),
  };
}
