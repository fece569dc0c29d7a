import { integerIn, numberIn, resolveOptions } from '../options.js';

/** What counts as silence in every level here; also the level of no samples at all. Units: dBFS. */
const floorDb = -120;

/** The effective level of samples, all channels together. Units: dBFS (a full-scale square wave has 0). Floor: -120. @public */
export function rmsDb(samples: Float32Array): number {
  return powerDb(meanSquare(samples, 0, samples.length));
}

/** The level of the loudest sample. Units: dBFS. Floor: -120. @public */
export function peakDb(samples: Float32Array): number {
  let peak = 0;
  for (const sample of samples) {
    const magnitude = Math.abs(sample);
    if (magnitude > peak) peak = magnitude;
  }
  return powerDb(peak * peak);
}

/** What counts as a pause. @public */
export interface FindPausesOptions {
  /** Length of the windows whose levels are compared: about one period of a low voice. Range: 2..100. Units: milliseconds. @defaultValue 10 */
  readonly windowMs: number;
  /**
   * How far below the loudest window a pause lies. Quiet consonants lie about 30 dB below the loudest vowel, the floor
   * of a studio recording or a synthesizer 50 dB and more. Range: 6..90. Units: dB. @defaultValue 35
   */
  readonly belowPeakDb: number;
  /** Shorter stretches are no pauses. Range: 0..5000. Units: milliseconds. @defaultValue 20 */
  readonly minPauseMs: number;
}

/** What is used where nothing is given. @public */
export const defaultFindPausesOptions = {
  windowMs: 10,
  belowPeakDb: 35,
  minPauseMs: 20,
} as const satisfies FindPausesOptions;

/**
 * Find where speech can be left without cutting a word.
 *
 * @remarks
 * Shape: mono. Silence before the first word and after the last one counts as a pause as well.
 * A recording without any sound has no pauses, because nothing in it is louder than the rest.
 * @param sampleRateHz - a whole number. Range: 4000..384000.
 * @returns the middle of each pause, in ascending order. Units: milliseconds from the first sample.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function findPauses(
  samples: Float32Array,
  sampleRateHz: number,
  options: Partial<FindPausesOptions> = {},
): readonly number[] {
  resolveOptions('pauses', { sampleRateHz }, {}, { sampleRateHz: integerIn(4000, 384_000, 'Hz') });
  const { windowMs, belowPeakDb, minPauseMs } = resolveOptions(
    'pauses',
    defaultFindPausesOptions as FindPausesOptions,
    options,
    {
      windowMs: numberIn(2, 100, 'ms'),
      belowPeakDb: numberIn(6, 90, 'dB'),
      minPauseMs: numberIn(0, 5000, 'ms'),
    },
  );
  const windowSamples = Math.round((windowMs * sampleRateHz) / 1000);
  const levels: number[] = [];
  for (let start = 0; start < samples.length; start += windowSamples) {
    levels.push(powerDb(meanSquare(samples, start, Math.min(samples.length, start + windowSamples))));
  }
  const thresholdDb = levels.reduce((loudest, level) => Math.max(loudest, level), floorDb) - belowPeakDb;

  const pauses: number[] = [];
  const toMs = 1000 / sampleRateHz;
  let quietFrom: number | undefined;
  for (let window = 0; window <= levels.length; window++) {
    const level = levels[window];
    if (level !== undefined && level < thresholdDb) {
      quietFrom ??= window * windowSamples;
    } else if (quietFrom !== undefined) {
      const quietTo = Math.min(samples.length, window * windowSamples);
      if ((quietTo - quietFrom) * toMs >= minPauseMs) pauses.push(((quietFrom + quietTo) / 2) * toMs);
      quietFrom = undefined;
    }
  }
  return pauses;
}

function meanSquare(samples: Float32Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) {
    const sample = samples[i] as number;
    sum += sample * sample;
  }
  return to > from ? sum / (to - from) : 0;
}

function powerDb(power: number): number {
  return Math.max(floorDb, 10 * Math.log10(power));
}
