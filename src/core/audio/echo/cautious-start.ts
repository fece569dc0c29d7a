import type { EchoPathFilter } from './echo-path-filter.js';

/** What may be echo as long as nothing is known of the path. */
export interface CautiousStart {
  /** For each bin, windowed; zero when the path is known. */
  readonly power: Float64Array;
  /** Whether the loudspeaker has been heard within the reach of an echo. */
  readonly isEchoPossible: boolean;
  /** @param convergence - how well the path is known, 0..1. */
  step(convergence: number): void;
  /** The path has changed. */
  reset(): void;
}

/** How much louder than the reference an echo may be: 6 dB. */
const loudestEcho = 4;
const windowPower = 0.5;
/** How long the reference is held against the next blocks: 6 dB less after 250 ms, the longest delay. */
const hold = 0.95;
/**
 * Blocks with sound from the loudspeaker until the caution ends, whatever has been learnt; the last half of them in a ramp.
 * The filter and its own uncertainty are good enough by then: without any caution 7 % of the first second was taken for speech,
 * after it nothing. A person who begins to talk together with the first word from the loudspeaker is heard when it ends.
 */
const cautiousBlocks = 100;
/** The reference counts as sound above this mean power of a bin: about -50 dB below full scale. */
const leastReference = 1e-5;

/**
 * For the first second of sound from the loudspeaker, whatever could be echo counts as echo: the reference itself, up to 6 dB
 * louder, held for as long as an echo can be delayed. Bins in which the loudspeaker was silent stay open.
 *
 * @param reachBlocks - how long after the last sound an echo may still arrive.
 */
export function createCautiousStart(
  filter: EchoPathFilter,
  bins: number,
  reachBlocks: number,
): CautiousStart {
  const blockSamples = bins - 1;
  const lowBin = Math.round(bins * 0.03);
  const topBin = Math.round(bins * 0.5);
  const newest = new Float64Array(bins);
  const held = new Float64Array(bins);
  const power = new Float64Array(bins);
  let soundBlocks = 0;
  let silentBlocks = reachBlocks;

  return {
    power,
    get isEchoPossible() {
      return silentBlocks < reachBlocks;
    },
    step(convergence) {
      filter.readNewestPower(newest);
      let sum = 0;
      for (let k = 0; k < bins; k++) {
        const now = newest[k] as number;
        held[k] = Math.max(now, hold * (held[k] as number));
        if (k > lowBin && k < topBin) sum += now;
      }
      const isSound = sum > leastReference * blockSamples * blockSamples;
      if (isSound) soundBlocks++;
      silentBlocks = isSound ? 0 : silentBlocks + 1;
      const ramp = Math.max(0, Math.min(1, 2 * (1 - soundBlocks / cautiousBlocks)));
      const caution = (1 - convergence) * ramp;
      for (let k = 0; k < bins; k++) power[k] = caution * loudestEcho * windowPower * (held[k] as number);
    },
    reset() {
      soundBlocks = 0;
    },
  };
}
