import { AudioFormatError } from '../../errors.js';
import { integerIn, resolveOptions } from '../../options.js';
import type { PcmFormat } from '../audio-frame.js';
import { computeDriftOutputs, driftOutputsWithin, driftTable, forgetBefore } from '../drift-kernel.js';
import { tame } from './waiting-frames.js';

/** One run of the reference, of any layout, as one channel of another rate that can be read a little faster or slower. */
export interface ReferenceResampler {
  readonly format: PcmFormat;
  /** What was pushed and is not out yet: half the filter at least. Units: output samples, fractions included. */
  readonly heldSamples: number;
  /** From now on, read faster by this. Units: parts per million. */
  steer(ppm: number): void;
  push(samples: Float32Array): void;
}

/** Sample frames worked on at a time: the bound of the memory. */
const segmentFrames = 1024;

/**
 * The drift converter's filter without its fresh arrays: whatever comes is mixed into the filter's own history, and outputs go to `take`
 * in an array that is used again.
 *
 * @param isSteered - if not, equal rates pass through as they are.
 * @param take - gets the first `count` numbers of `samples`.
 * @throws OptionError `OPTION_INVALID` for a layout out of range.
 */
export function createReferenceResampler(
  format: PcmFormat,
  toHz: number,
  isSteered: boolean,
  take: (samples: Float32Array, count: number) => void,
): ReferenceResampler {
  const { sampleRateHz, channels } = format;
  resolveOptions(
    'reference',
    { sampleRateHz, channels },
    {},
    { sampleRateHz: integerIn(4000, 384_000, 'Hz'), channels: integerIn(1, 32) },
  );
  const passesThrough = !isSteered && sampleRateHz === toHz;
  const table = driftTable(sampleRateHz, toHz);
  const { taps } = table;
  /** The silence before the first sample, which cancels the filter's delay. */
  const before = passesThrough ? 0 : taps / 2 - 1;
  const history = new Float64Array(taps + segmentFrames);
  const outputs = new Float32Array(Math.ceil((segmentFrames + 1) * (toHz / sampleRateHz) * 1.001) + 2);
  let inputsPerOutput = sampleRateHz / toHz;
  let held = before;
  /** Where in `history` the next output begins to read. */
  let start = 0;

  const mixIntoHistory = (samples: Float32Array, from: number, to: number): void => {
    for (let at = from * channels, frame = from; frame < to; frame++) {
      let sum = 0;
      for (let channel = 0; channel < channels; channel++) sum += tame(samples[at++] as number);
      history[held++] = sum / channels;
    }
  };

  const passOn = (): void => {
    for (let i = 0; i < held; i++) outputs[i] = history[i] as number;
    take(outputs, held);
    held = 0;
  };

  const convert = (): void => {
    const count = driftOutputsWithin(table, held, start, inputsPerOutput);
    computeDriftOutputs(table, history, start, inputsPerOutput, outputs, 0, count);
    start += count * inputsPerOutput;
    const used = forgetBefore(start, history, held);
    held -= used;
    start -= used;
    take(outputs, count);
  };

  return {
    format,
    get heldSamples() {
      return (held - before - start) / inputsPerOutput;
    },
    steer(ppm) {
      inputsPerOutput = (sampleRateHz / toHz) * (1 + ppm * 1e-6);
    },
    push(samples) {
      const frames = samples.length / channels;
      if (!Number.isInteger(frames)) throw ragged(samples.length, channels);
      for (let from = 0; from < frames; from += segmentFrames) {
        mixIntoHistory(samples, from, Math.min(frames, from + segmentFrames));
        if (passesThrough) passOn();
        else convert();
      }
    },
  };
}

function ragged(samples: number, channels: number): AudioFormatError {
  return new AudioFormatError(
    'AUDIO_FORMAT_UNSUPPORTED',
    `the reference of the echo canceller has a frame of ${samples} samples, which is no whole number of sample frames of ${channels} channels; give whole sample frames`,
  );
}
