import { OptionError } from '../errors.js';
import { integerIn, oneOf, resolveOptions } from '../options.js';
import { computeOutputs } from './polyphase-kernel.js';
import { type FilterShape, maxTableCoefficients, polyphaseTable, tableSize } from './polyphase-table.js';

/** What a conversion should favour. @public */
export interface SampleRateConverterOptions {
  /**
   * `high`: nothing above the new Nyquist frequency comes through. `low-latency`: half the delay and half the cost, but
   * what lies between 1.0 and 1.1 times the lower Nyquist frequency folds back into the highest tenth of the band.
   * Both keep everything up to 0.9 of the lower Nyquist frequency, and both reach 100 dB.
   * @defaultValue 'high'
   */
  readonly quality: 'high' | 'low-latency';
}

/** What is used where nothing is given. @public */
export const defaultSampleRateConverterOptions = {
  quality: 'high',
} as const satisfies SampleRateConverterOptions;

/** One mono stream on its way from one sample rate to another. @public */
export interface SampleRateConverter {
  /**
   * How far the output stays behind the input while streaming, to within one output sample. Units: milliseconds.
   * It is the same after every push. 0 when the rates are equal.
   */
  readonly latencyMs: number;
  /**
   * Take the next samples; any number of them.
   *
   * @returns the outputs that are complete by now, in an array of their own; may be empty.
   */
  push(samples: Float32Array): Float32Array;
  /**
   * Finish the stream: silence is taken to follow.
   *
   * @returns the outputs still missing. All outputs together are then `ceil(inputs * toHz / fromHz)`.
   * The converter is back at its start and can take another stream.
   */
  end(): Float32Array;
  /** Forget the stream; the converter is back at its start. */
  reset(): void;
}

/**
 * Designed for 110 dB, so that 100 dB are kept where several images add up. Measured over the usual ratios: the worst sine
 * has 116 dB (`high`) and 112 dB (`low-latency`), the worst alias is 109 dB down.
 */
const shapes: Record<SampleRateConverterOptions['quality'], FilterShape> = {
  high: { passEdge: 0.9, stopEdge: 1, attenuationDb: 110 },
  'low-latency': { passEdge: 0.9, stopEdge: 1.1, attenuationDb: 110 },
};

/** Inputs taken in at a time, which bounds the memory of one converter whatever the length of what is pushed. */
const segmentSamples = 4096;

/**
 * Convert one mono stream from one sample rate to another: a polyphase windowed-sinc filter (Kaiser window).
 *
 * @remarks
 * Timing: output sample `n` is the signal at `n / toHz`, counted from the first input sample; the delay of the filter is
 * taken out, so the output starts with the first sound and not with a transient. While streaming, emission lags by
 * `latencyMs` (3.0 ms for 24 to 48 kHz, 4.5 ms for 16 to 48 kHz and back).
 *
 * Order: the outputs are the same, to the last bit, however the input is cut into pieces.
 *
 * Range: signal to noise and distortion of at least 100 dB up to 0.9 of the lower Nyquist frequency; aliases and images
 * at least 100 dB down. Overshoot beyond [-1, 1] is possible and is not clipped. A sample that is no number spoils the
 * outputs within the reach of the filter and no more.
 *
 * Ownership: each result is a fresh array; nothing else is allocated after construction. Equal rates pass samples
 * through unchanged. Memory: at most 8 MiB of coefficients, shared by all converters of the same pair of rates.
 *
 * @param fromHz - rate of the input, a whole number. Range: 4000..384000.
 * @param toHz - rate of the output, a whole number. Range: 4000..384000.
 * @throws OptionError `OPTION_INVALID` for a rate out of range, and for a pair of rates whose common factor is so small
 * that the coefficients would exceed their bound.
 * @public
 */
export function createSampleRateConverter(
  fromHz: number,
  toHz: number,
  options: Partial<SampleRateConverterOptions> = {},
): SampleRateConverter {
  const where = 'sample-rate converter';
  const rate = integerIn(4000, 384_000, 'Hz');
  resolveOptions(where, { fromHz, toHz }, {}, { fromHz: rate, toHz: rate });
  const { quality } = resolveOptions(
    where,
    defaultSampleRateConverterOptions as SampleRateConverterOptions,
    options,
    {
      quality: oneOf('high', 'low-latency'),
    },
  );
  if (fromHz === toHz) return passThrough();
  const shape = shapes[quality];
  const { coefficients } = tableSize(fromHz, toHz, shape);
  if (coefficients > maxTableCoefficients) {
    throw new OptionError(
      'OPTION_INVALID',
      `${where}: ${fromHz} Hz to ${toHz} Hz needs ${coefficients} coefficients, the limit is ${maxTableCoefficients}, ` +
        'because the rates have too small a common factor; choose usual rates such as 16000, 44100 or 48000 Hz',
    );
  }
  return polyphaseConverter(fromHz, toHz, shape);
}

/**
 * Convert a whole mono recording: the same result as pushing it through `createSampleRateConverter` and ending it.
 *
 * @returns `ceil(samples.length * toHz / fromHz)` samples in an array of their own.
 * @throws OptionError as `createSampleRateConverter` does.
 * @public
 */
export function convertSampleRate(
  samples: Float32Array,
  fromHz: number,
  toHz: number,
  options: Partial<SampleRateConverterOptions> = {},
): Float32Array {
  const converter = createSampleRateConverter(fromHz, toHz, options);
  const head = converter.push(samples);
  const tail = converter.end();
  const whole = new Float32Array(head.length + tail.length);
  whole.set(head);
  whole.set(tail, head.length);
  return whole;
}

function passThrough(): SampleRateConverter {
  return {
    latencyMs: 0,
    push: (samples) => samples.slice(),
    end: () => new Float32Array(0),
    reset: () => {},
  };
}

function polyphaseConverter(fromHz: number, toHz: number, shape: FilterShape): SampleRateConverter {
  const table = polyphaseTable(fromHz, toHz, shape);
  const { upFactor, downFactor, taps } = table;
  const lookahead = taps / 2;
  const silence = new Float32Array(Math.min(lookahead, segmentSamples));
  // Float64, like the coefficients: no conversion in the inner loop, and measured a little faster than Float32.
  const history = new Float64Array(taps + segmentSamples);
  /** Inputs in `history`. The silence before the first input is among them, and is what cancels the delay. */
  let held = lookahead - 1;
  /** First input that the next output reads; beyond `held` when the ratio skips inputs that have not come yet. */
  let base = 0;
  let phase = 0;

  /** Outputs that the inputs suffice for, if there are `more` of them. */
  const available = (more: number): number => {
    const positions = (held + more - taps + 1 - base) * upFactor - phase;
    return positions <= 0 ? 0 : Math.ceil(positions / downFactor);
  };

  const takeSegment = (
    samples: Float32Array,
    from: number,
    to: number,
    output: Float32Array,
    at: number,
  ): number => {
    // Written one by one: no view on the samples is made.
    for (let i = from; i < to; i++) history[held++] = samples[i] as number;
    const count = available(0);
    computeOutputs(table, history, base, phase, output, at, count);
    const position = phase + count * downFactor;
    phase = position % upFactor;
    base += (position - phase) / upFactor;
    const used = Math.min(base, held);
    history.copyWithin(0, used, held);
    held -= used;
    base -= used;
    return at + count;
  };

  const take = (samples: Float32Array, count: number, output: Float32Array, at: number): number => {
    let written = at;
    for (let from = 0; from < count; from += segmentSamples) {
      written = takeSegment(samples, from, Math.min(count, from + segmentSamples), output, written);
    }
    return written;
  };

  const reset = (): void => {
    history.fill(0);
    held = lookahead - 1;
    base = 0;
    phase = 0;
  };

  return {
    latencyMs: (lookahead * 1000) / fromHz,
    push(samples) {
      const output = new Float32Array(available(samples.length));
      take(samples, samples.length, output, 0);
      return output;
    },
    end() {
      const output = new Float32Array(available(lookahead));
      let written = 0;
      for (let rest = lookahead; rest > 0; rest -= silence.length) {
        written = take(silence, Math.min(rest, silence.length), output, written);
      }
      reset();
      return output;
    },
    reset,
  };
}
