import { integerIn, numberIn, resolveOptions } from '../options.js';

/** How the echo path is sounded out. @public */
export interface MeasuringSignalOptions {
  /**
   * How long single chirps are played. Units: seconds. Range: 2..120. Delay and loss need no more than 2; drift is
   * known to some 10 ppm after 6, and to 1 ppm after 60.
   * @defaultValue 6
   */
  readonly seconds: number;
  /**
   * Level of the chirps, root mean square. Units: dB below full scale. Range: -60..-6.
   * @defaultValue -23: heard over the noise of a room, and nobody is startled
   */
  readonly levelDb: number;
}

/** @public */
export const defaultMeasuringSignalOptions = {
  seconds: 6,
  levelDb: -23,
} as const satisfies MeasuringSignalOptions;

/** Upwards, or the same backwards: what fades with time is told from what fades with frequency. */
export type ChirpDirection = 'up' | 'down';

/** One chirp. Units: ms. Short enough to be borne, long enough to lie 30 dB above noise of its own level once it is compressed. */
export const chirpMs = 300;
/** The band of speech, as far as 16 kHz carry it. Units: Hz. */
export const chirpBand = { fromHz: 250, toHz: 6800 } as const;
/** Chirps that follow each other at once at the beginning: a loudspeaker that wakes loses some of them. */
export const wakeChirps = 6;
/** A chirp has at least this much between its beginning and that of the next one. Units: ms. */
export const spacingMs = 1100;

const fadeMs = 10;
/** After the passage that wakes the loudspeaker. Units: ms. */
const pauseMs = 1200;
const mostChirps = 40;
/** Distances differ, so that an echo that is more than one of them late is not taken for an early one. Units: ms. */
const unevenMs = 70;

/**
 * A sine that sweeps over the band of speech, as long in each octave; faded in and out.
 *
 * @param levelDb - root mean square below full scale.
 */
export function chirp(sampleRateHz: number, direction: ChirpDirection, levelDb: number): Float32Array {
  const length = Math.round((chirpMs * sampleRateHz) / 1000);
  const fade = (fadeMs * sampleRateHz) / 1000;
  const amplitude = Math.SQRT2 * 10 ** (levelDb / 20);
  const octaves = Math.log(chirpBand.toHz / chirpBand.fromHz);
  const turns = (2 * Math.PI * chirpBand.fromHz * chirpMs) / 1000 / octaves;
  const samples = new Float32Array(length);
  for (let n = 0; n < length; n++) {
    const fromEdge = Math.min(1, Math.min(n, length - 1 - n) / fade);
    const loudness = 0.5 - 0.5 * Math.cos(Math.PI * fromEdge);
    samples[n] = amplitude * loudness * Math.sin(turns * (Math.exp((octaves * n) / length) - 1));
  }
  return direction === 'up' ? samples : samples.reverse();
}

/**
 * What is played to sound out an echo path: six chirps at once, a pause, and single chirps, up and down in turns.
 *
 * @param sampleRateHz - of the loudspeaker. Range: 16000..192000, whole.
 * @returns mono samples.
 * @throws OptionError `OPTION_INVALID`
 */
export function measuringSignal(
  sampleRateHz: number,
  options: Partial<MeasuringSignalOptions> = {},
): Float32Array {
  const { seconds, levelDb } = resolveMeasuringSignalOptions(options);
  resolveOptions(
    'measuring signal',
    { sampleRateHz },
    {},
    { sampleRateHz: integerIn(16_000, 192_000, 'Hz') },
  );
  const count = Math.max(3, Math.min(mostChirps, Math.ceil((1000 * seconds) / (spacingMs + unevenMs)) + 1));
  const everyMs = Math.max(spacingMs, (1000 * seconds) / (count - 1) - unevenMs);
  const firstMs = wakeChirps * chirpMs + pauseMs;
  const chirpsMs = Array.from(
    { length: count },
    (_, k) => firstMs + k * everyMs + unevenMs * (k + ((k * k) % 3)),
  );
  const lastMs = chirpsMs.at(-1) ?? firstMs;
  const samples = new Float32Array(Math.ceil(((lastMs + chirpMs) * sampleRateHz) / 1000));
  const up = chirp(sampleRateHz, 'up', levelDb);
  const down = chirp(sampleRateHz, 'down', levelDb);
  const wakeMs = Array.from({ length: wakeChirps }, (_, k) => k * chirpMs);
  for (const startsMs of [wakeMs, chirpsMs]) {
    for (const [k, ms] of startsMs.entries()) {
      const at = Math.min(Math.round((ms * sampleRateHz) / 1000), samples.length - up.length);
      samples.set(k % 2 === 0 ? up : down, at);
    }
  }
  return samples;
}

/** @throws OptionError `OPTION_INVALID` */
export function resolveMeasuringSignalOptions(
  options: Partial<MeasuringSignalOptions>,
): MeasuringSignalOptions {
  return resolveOptions<MeasuringSignalOptions>('measuring signal', defaultMeasuringSignalOptions, options, {
    seconds: numberIn(2, 120, 'seconds'),
    levelDb: numberIn(-60, -6, 'dB'),
  });
}
