import { createBlockSpectra } from './block-spectra.js';
import { createCautiousStart } from './cautious-start.js';
import { createDriftSteering } from './drift-steering.js';
import { createEchoPathFilter } from './echo-path-filter.js';
import { createEchoWindow } from './echo-window.js';
import { createLateReverberation } from './late-reverberation.js';
import { createPathRelocation } from './path-relocation.js';
import { createPathWatch } from './path-watch.js';
import { createRealFft } from './real-fft.js';
import { createResidualEcho } from './residual-echo.js';
import { createResidualSuppressor } from './residual-suppressor.js';
import { createShortTimeSynthesis } from './short-time-spectrum.js';

/** Removes the echo from blocks of samples; knows nothing of time stamps and frames. */
export interface EchoEngine {
  /** The cleaned block *before* the last one that was taken. Overwritten by the next. */
  readonly cleaned: Float64Array;
  /** Estimated echo in the last block. */
  readonly echo: Float64Array;
  /** The last block without it. */
  readonly residual: Float64Array;
  /** Share of the power of the last block's residual that is believed to be echo. Range: 0 and up. */
  readonly leftOverShare: number;
  /** Whether the loudspeaker was heard so lately that there can be echo. */
  readonly isEchoPossible: boolean;
  /** See `PathWatch`. */
  readonly convergence: number;
  readonly resemblance: number;
  /** How likely what is left over is echo that the filter does not know. Range: 0..1; fades within half a second. */
  readonly suspicion: number;
  /** How much of what is left over is believed to be echo *and* rises and falls with it. Range: 0..1. */
  readonly remainder: number;
  /** By how much the filter is believed to lower the echo. Units: decibels. */
  readonly lossDb: number;
  /** Units: samples. */
  readonly delaySamples: number;
  /** How much faster the reference must be read from now on. Units: parts per million. */
  readonly referencePpm: number;
  /** How much faster the loudspeaker's clock runs. Units: parts per million. */
  readonly driftPpm: number;
  /** See `PathWatch`. */
  readonly isQuestioned: boolean;
  /** Abrupt changes that were found. */
  readonly pathChanges: number;
  step(reference: Float64Array, captured: Float64Array): void;
  /** The reference was set to another place: what is known of the path must show first that it is still true. */
  question(): void;
  /** A block of the reference that nothing was captured of. */
  skip(reference: Float64Array): void;
}

/** Blocks between two looks at the whole path. */
const refreshBlocks = 25;
/** Blocks with echo before the first look: there is nothing to see earlier. */
const firstLookBlocks = 50;
/** Resemblance from which a surprise counts as echo, and at which it surely is. Double talk: above 0.35 in 1 % of its blocks. */
const suspectedResemblance = 0.35;
const certainResemblance = 0.55;
/** The same for what was to be expected: echo that is removed in part lies between 0.4 and 0.7, a person below 0.3 after 100 ms. */
const remainingResemblance = 0.3;
const certainlyRemaining = 0.5;
/** What is left of a suspicion after each block without one. */
const fading = 0.96;
/** Share of the path that a suspicion doubts at most. */
const doubtedShare = 0.5;
/** The same for a path that was put back at another place, by whole samples. */
const doubtedAfterMove = 0.1;
/** The room rings on after the window. */
const ringingBlocks = 30;

/**
 * @param blockSamples - half the length of the transforms: 160 for 10 ms at 16 kHz.
 * @param partitions - length of the filter, in blocks.
 */
export function createEchoEngine(blockSamples: number, partitions: number, sampleRateHz: number): EchoEngine {
  const fft = createRealFft(2 * blockSamples);
  const { bins } = fft;
  const filter = createEchoPathFilter(fft, partitions);
  const spectra = createBlockSpectra(fft);
  const watch = createPathWatch(bins);
  const drift = createDriftSteering(bins, sampleRateHz);
  const late = createLateReverberation(filter, bins);
  const start = createCautiousStart(filter, bins, 2 * partitions + ringingBlocks);
  const leftOver = createResidualEcho(bins);
  const suppressor = createResidualSuppressor(bins);
  const synthesis = createShortTimeSynthesis(fft);
  const window = createEchoWindow(fft, filter, partitions);
  const relocation = createPathRelocation(filter, blockSamples);
  const cleaned = new Float64Array(blockSamples);
  let pathChanges = 0;
  let possibleBlocks = 0;
  let sinceRefresh = 0;
  let suspicion = 0;

  const changePath = (keep: number): void => {
    pathChanges++;
    possibleBlocks = 0;
    // A second change in a row: what is kept is the path that was known.
    if (!relocation.isLooking) {
      filter.keepPath();
      leftOver.reset();
    }
    relocation.begin();
    filter.restart(keep);
    drift.hold();
    late.reset();
    start.reset();
  };

  /** The path may only have moved. How well it is known must show all the same: until then the caution of a start goes on. */
  const relocate = (captured: Float64Array): void => {
    const laterSamples = relocation.step(captured);
    if (laterSamples === undefined) return;
    filter.putBack(laterSamples, doubtedAfterMove);
    leftOver.restore();
  };

  /** More is left over than the filter explains, and it rises and falls with the echo: the path is not quite what it was. */
  const suspect = (): void => {
    const alike = partBetween(suspectedResemblance, certainResemblance, watch.resemblance);
    const now = leftOver.isSurprised ? alike : 0;
    suspicion = Math.max(now, watch.missing, fading * suspicion);
    if (now > 0) filter.doubt(doubtedShare * now);
  };

  const refresh = (): void => {
    if (start.isEchoPossible) possibleBlocks++;
    if (++sinceRefresh < refreshBlocks) return;
    sinceRefresh = 0;
    if (possibleBlocks < firstLookBlocks) return;
    window.refresh();
    late.refresh();
  };

  return {
    cleaned,
    echo: filter.echo,
    residual: filter.residual,
    get leftOverShare() {
      return powerRatio(leftOver.power, spectra.residualPower);
    },
    get isEchoPossible() {
      return start.isEchoPossible;
    },
    get convergence() {
      return watch.convergence;
    },
    get resemblance() {
      return watch.resemblance;
    },
    get suspicion() {
      return suspicion;
    },
    get isQuestioned() {
      return watch.isQuestioned;
    },
    get remainder() {
      return leftOver.share * partBetween(remainingResemblance, certainlyRemaining, watch.resemblance);
    },
    get lossDb() {
      return leftOver.lossDb;
    },
    get delaySamples() {
      return window.delaySamples;
    },
    get referencePpm() {
      return drift.ppm;
    },
    get driftPpm() {
      return drift.driftPpm;
    },
    get pathChanges() {
      return pathChanges;
    },
    step(reference, captured) {
      filter.step(reference, captured);
      spectra.push(filter.echo, filter.residual);
      const stillTrue = watch.step(spectra, leftOver.lossDb);
      if (stillTrue === undefined) drift.step(spectra);
      else changePath(stillTrue);
      if (relocation.isLooking) relocate(captured);
      start.step(watch.convergence);
      late.step();
      refresh();
      leftOver.step(spectra, filter.uncertainty, late.power, watch.convergence, watch.resemblance);
      suspect();
      suppressor.step(spectra, leftOver.power, start.power);
      synthesis.pull(suppressor.cleaned, cleaned);
    },
    question: watch.question,
    skip: filter.skip,
  };
}

/** 0 at `low`, 1 at `high`, and in between in proportion. */
function partBetween(low: number, high: number, value: number): number {
  return Math.max(0, Math.min(1, (value - low) / (high - low)));
}

function powerRatio(part: Float64Array, whole: Float64Array): number {
  let parts = 0;
  let wholes = 0;
  for (let k = 0; k < part.length; k++) {
    parts += part[k] as number;
    wholes += whole[k] as number;
  }
  return parts / (wholes + 1e-9);
}
