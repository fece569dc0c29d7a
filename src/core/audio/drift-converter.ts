import { integerIn, numberIn, resolveOptions } from '../options.js';
import { computeDriftOutputs, driftOutputsWithin, driftTable, forgetBefore } from './drift-kernel.js';

/** How far a drift converter can be steered. Units: parts per million. */
const maxDriftConverterPpm = 1000;

/** One mono stream on its way from one rate to another that is not quite constant. */
export interface DriftConverter {
  /** How many more outputs than nominal are made of the same inputs. Units: parts per million. */
  readonly ppm: number;
  /** How far apart two outputs are at present. Units: input samples. */
  readonly inputsPerOutput: number;
  /**
   * Where in the input the next output lies: 0 is the first sample that was pushed.
   *
   * @remarks
   * Units: input samples, fractions included. It is what makes an output's time known however the ratio has changed.
   */
  readonly nextInputPosition: number;
  /**
   * From the next output on, make this many more or fewer.
   *
   * @remarks
   * Range: -1000..1000. The position goes on from where it is, so there is no click; only the pitch changes.
   * @throws OptionError `OPTION_INVALID`
   */
  setPpm(ppm: number): void;
  /**
   * Take the next samples; any number of them.
   *
   * @returns the outputs that are complete by now, in an array of their own; may be empty.
   */
  push(samples: Float32Array): Float32Array;
}

/** Inputs taken in at a time, which bounds the memory of one converter whatever the length of what is pushed. */
const segmentSamples = 4096;

/**
 * Convert one mono stream from one nominal sample rate to another, at a ratio that can be adjusted at any time: a polyphase
 * windowed-sinc filter with interpolated coefficients.
 *
 * @remarks
 * Mono, because what is taken from a device is one channel: the channel is picked, or the mix made, before the conversion,
 * which is then done once.
 *
 * Equal rates pass samples through unchanged, to the bit and without delay, until the ratio is adjusted for the first time.
 * From there on it converts, and stays behind by half the length of the filter (0.75 ms at 48 kHz).
 *
 * Order: the outputs do not depend on how the input is cut into pieces, but for rounding (below -200 dB).
 * Range: the worst sine up to 0.9 of the lower Nyquist frequency has 106 dB over noise and distortion, at a constant ratio
 * and while it changes. Overshoot beyond [-1, 1] is possible and is not clipped. A sample that is no number spoils the
 * outputs within the reach of the filter and no more.
 * Ownership: each result is a fresh array; nothing else is allocated after construction. Memory: some 300 kB of coefficients,
 * shared by all converters of the same ratio.
 *
 * @param fromHz - nominal rate of the input, a whole number. Range: 4000..384000.
 * @param toHz - nominal rate of the output, a whole number. Range: 4000..384000.
 * @throws OptionError `OPTION_INVALID` for a rate out of range.
 */
export function createDriftConverter(fromHz: number, toHz: number): DriftConverter {
  const where = 'drift converter';
  const rate = integerIn(4000, 384_000, 'Hz');
  resolveOptions(where, { fromHz, toHz }, {}, { fromHz: rate, toHz: rate });

  const table = driftTable(fromHz, toHz);
  const { taps } = table;
  const before = taps / 2 - 1;
  const history = new Float64Array(taps + segmentSamples);
  /** Inputs in `history`; the silence before the first one is among them, and is what cancels the filter's delay. */
  let held = before;
  /** Where in `history` the next output begins to read. */
  let start = 0;
  /** Inputs that have left `history`, not counting the silence at its begin. */
  let gone = 0;
  let ppm = 0;
  let inputsPerOutput = fromHz / toHz;
  let passesThrough = fromHz === toHz;

  /** Outputs that the inputs suffice for, if there are `more` of them. */
  const available = (more: number): number => driftOutputsWithin(table, held + more, start, inputsPerOutput);

  const forget = (): void => {
    const used = forgetBefore(start, history, held);
    held -= used;
    start -= used;
    gone += used;
  };

  const takeSegment = (
    samples: Float32Array,
    from: number,
    to: number,
    output: Float32Array,
    at: number,
  ): number => {
    for (let i = from; i < to; i++) history[held++] = samples[i] as number;
    // The last segment gives what was promised: rounding may see its last output a hair later than before.
    const isLast = to === samples.length;
    const count = isLast ? output.length - at : passesThrough ? to - from : available(0);
    if (!passesThrough) computeDriftOutputs(table, history, start, inputsPerOutput, output, at, at + count);
    start += count * inputsPerOutput;
    forget();
    return at + count;
  };

  return {
    get ppm() {
      return ppm;
    },
    get inputsPerOutput() {
      return inputsPerOutput;
    },
    get nextInputPosition() {
      return gone + start;
    },
    setPpm(next) {
      const limit = maxDriftConverterPpm;
      if (!(Math.abs(next) <= limit)) {
        resolveOptions(where, { ppm: next }, {}, { ppm: numberIn(-limit, limit, 'parts per million') });
      }
      if (next === ppm) return;
      ppm = next;
      passesThrough = false;
      inputsPerOutput = fromHz / (toHz * (1 + ppm * 1e-6));
    },
    push(samples) {
      const output = passesThrough ? samples.slice() : new Float32Array(available(samples.length));
      let written = 0;
      for (let from = 0; from < samples.length; from += segmentSamples) {
        written = takeSegment(
          samples,
          from,
          Math.min(samples.length, from + segmentSamples),
          output,
          written,
        );
      }
      return output;
    },
  };
}
