import { integerIn, numberIn, resolveOptions } from '../options.js';

/** The factor for a level change; -Infinity gives 0. Units: dB in, amplitude factor out. @public */
export function dbToGain(gainDb: number): number {
  return 10 ** (gainDb / 20);
}

/** The level change of a factor; 0 gives -Infinity. Units: amplitude factor (0 or more) in, dB out. @public */
export function gainToDb(gain: number): number {
  return 20 * Math.log10(gain);
}

/** Where a gain ramp stands. Plain data: keep it, compare it, send it on. @public */
export interface GainRampState {
  /** Gain before the ramp's first sample. */
  readonly from: number;
  /** Gain of the ramp's last sample and of all that follow. */
  readonly target: number;
  /** Length of the ramp; 0 when none is under way. Units: samples. */
  readonly rampSamples: number;
  /** How much of the ramp is done. Range: 0..`rampSamples`. Units: samples. */
  readonly doneSamples: number;
}

/** A gain that never jumps unless told to. @public */
export interface GainRamp {
  /** Gain of the last sample that went through, or the initial gain. */
  readonly gain: number;
  /** Where the gain is going, or stays. */
  readonly target: number;
  /**
   * Go to another gain, in a straight line in amplitude from the present one; replaces a ramp under way.
   *
   * @param gain - amplitude factor. Range: 0..100.
   * @param rampMs - the sample after this much audio is the first past the ramp. 0 changes with the next sample. Range: 0..60000.
   * @throws OptionError `OPTION_INVALID`.
   */
  rampTo(gain: number, rampMs: number): void;
  /**
   * Amplify the next samples of the stream.
   *
   * @returns a fresh array; or `samples` itself, unchanged to the last bit, while the gain rests at 1.
   */
  apply(samples: Float32Array): Float32Array;
  /** The present state, to try something and go back, or to hand it to another ramp of the same rate. */
  snapshot(): GainRampState;
  /**
   * Go on from a state that `snapshot` gave.
   *
   * @throws OptionError `OPTION_INVALID` for a state that no ramp can be in.
   */
  restore(state: GainRampState): void;
}

const gainRange = numberIn(0, 100);

/**
 * Amplify a stream, with ramps instead of jumps, which click.
 *
 * @remarks
 * Shape: mono. For interleaved audio give `sampleRateHz` times the channels.
 * Range: does not clip.
 * @param sampleRateHz - Range: 4000..12288000 (32 channels at 384 kHz).
 * @param initialGain - amplitude factor. Range: 0..100. @defaultValue 1
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function createGainRamp(sampleRateHz: number, initialGain = 1): GainRamp {
  resolveOptions(
    'gain ramp',
    { sampleRateHz, initialGain },
    {},
    {
      sampleRateHz: integerIn(4000, 32 * 384_000, 'Hz'),
      initialGain: gainRange,
    },
  );
  let state: GainRampState = { from: initialGain, target: initialGain, rampSamples: 0, doneSamples: 0 };

  return {
    get gain() {
      return gainAt(state, state.doneSamples);
    },
    get target() {
      return state.target;
    },
    rampTo(gain, rampMs) {
      resolveOptions(
        'gain ramp',
        { gain, rampMs },
        {},
        { gain: gainRange, rampMs: numberIn(0, 60_000, 'ms') },
      );
      const rampSamples = Math.round((rampMs * sampleRateHz) / 1000);
      const from = rampSamples === 0 ? gain : gainAt(state, state.doneSamples);
      state = { from, target: gain, rampSamples, doneSamples: 0 };
    },
    apply(samples) {
      const { target, rampSamples, doneSamples } = state;
      if (doneSamples === rampSamples && target === 1) return samples;
      const output = new Float32Array(samples.length);
      const ramped = Math.min(samples.length, rampSamples - doneSamples);
      for (let i = 0; i < ramped; i++) {
        output[i] = (samples[i] as number) * gainAt(state, doneSamples + i + 1);
      }
      for (let i = ramped; i < samples.length; i++) output[i] = (samples[i] as number) * target;
      if (ramped > 0) state = { ...state, doneSamples: doneSamples + ramped };
      return output;
    },
    snapshot: () => state,
    restore(given) {
      const { from, target, rampSamples, doneSamples } = given;
      const longest = 60 * sampleRateHz;
      resolveOptions(
        'gain ramp state',
        { from, target, rampSamples, doneSamples },
        {},
        {
          from: gainRange,
          target: gainRange,
          rampSamples: integerIn(0, longest),
          doneSamples: integerIn(0, Math.min(rampSamples, longest)),
        },
      );
      state = { from, target, rampSamples, doneSamples };
    },
  };
}

/** Computed from the ramp's ends each time, so that rounding does not add up and the last sample meets the target. */
function gainAt(state: GainRampState, doneSamples: number): number {
  if (doneSamples >= state.rampSamples) return state.target;
  return state.from + ((state.target - state.from) * doneSamples) / state.rampSamples;
}
