import { integerIn, numberIn, resolveOptions } from '../options.js';

/** Where a high-pass filter begins. @public */
export interface HighPassOptions {
  /**
   * Where the level is down by 3 dB. Range: 20..400. Units: hertz. 80 takes out hum, handling and traffic and leaves the
   * lowest male voices (about 85 Hz) in; machines near by may need up to 200, which still leaves speech intelligible.
   * @defaultValue 80
   */
  readonly cutoffHz: number;
}

/** What is used where nothing is given. @public */
export const defaultHighPassOptions = { cutoffHz: 80 } as const satisfies HighPassOptions;

/** A high-pass filter on one mono stream. @public */
export interface HighPass {
  /** Samples that were no finite number and were taken as 0: one of them would ring in the filter for ever. */
  readonly replacedSamples: number;
  /** Filter the next samples of the stream; returns a fresh array of the same length. */
  process(samples: Float32Array): Float32Array;
  /** Forget the stream. */
  reset(): void;
}

/** Below this the filter's memory is inaudible by far, and soon so small that processors slow down on it. */
const negligible = 1e-30;

/** Samples between two looks at the memory: from `negligible` it takes longer than this to become denormal. */
const runSamples = 1024;

/**
 * Take the rumble out: a second-order Butterworth high-pass.
 *
 * @remarks
 * Range: flat above the cutoff, 3 dB down at it, 12 dB per octave below.
 * Timing: adds no delay. The result does not depend on how the stream was cut into pieces.
 * @param sampleRateHz - a whole number. Range: 4000..384000.
 * @throws OptionError `OPTION_INVALID`.
 * @see Robert Bristow-Johnson, Audio EQ Cookbook: the high-pass with Q = 1/sqrt(2).
 * @public
 */
export function createHighPass(sampleRateHz: number, options: Partial<HighPassOptions> = {}): HighPass {
  resolveOptions('high-pass', { sampleRateHz }, {}, { sampleRateHz: integerIn(4000, 384_000, 'Hz') });
  const { cutoffHz } = resolveOptions('high-pass', defaultHighPassOptions as HighPassOptions, options, {
    cutoffHz: numberIn(20, 400, 'Hz'),
  });
  const angle = (2 * Math.PI * cutoffHz) / sampleRateHz;
  const alpha = Math.sin(angle) * Math.SQRT1_2;
  const scale = 1 / (1 + alpha);
  // Numerator edge * (1 - 2/z + 1/z^2), denominator 1 + feedback1/z + feedback2/z^2.
  const edge = ((1 + Math.cos(angle)) / 2) * scale;
  const feedback1 = -2 * Math.cos(angle) * scale;
  const feedback2 = (1 - alpha) * scale;
  let memory1 = 0;
  let memory2 = 0;
  let sinceCheck = 0;
  let replacedSamples = 0;

  return {
    get replacedSamples() {
      return replacedSamples;
    },
    process(samples) {
      const output = new Float32Array(samples.length);
      for (let i = 0; i < samples.length; i++) {
        let sample = samples[i] as number;
        if (!Number.isFinite(sample)) {
          sample = 0;
          replacedSamples++;
        }
        const filtered = edge * sample + memory1;
        memory1 = -2 * edge * sample - feedback1 * filtered + memory2;
        memory2 = edge * sample - feedback2 * filtered;
        output[i] = filtered;
        if (++sinceCheck === runSamples) {
          sinceCheck = 0;
          if (Math.abs(memory1) < negligible && Math.abs(memory2) < negligible) {
            memory1 = 0;
            memory2 = 0;
          }
        }
      }
      return output;
    },
    reset() {
      memory1 = 0;
      memory2 = 0;
      sinceCheck = 0;
    },
  };
}
