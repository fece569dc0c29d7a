import { OptionError } from '../errors.js';
import { integerIn, numberIn, resolveOptions } from '../options.js';

/**
 * Interleaved channels to one: the mean of each sample frame, so that full scale stays full scale.
 *
 * @returns a fresh array; or `samples` itself when it is mono already.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function toMono(samples: Float32Array, channels: number): Float32Array {
  checkInterleaved(samples, channels);
  if (channels === 1) return samples;
  const mono = new Float32Array(samples.length / channels);
  for (let frame = 0, at = 0; frame < mono.length; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += samples[at++] as number;
    mono[frame] = sum / channels;
  }
  return mono;
}

/**
 * One channel to several, interleaved, all the same.
 *
 * @returns a fresh array; or `samples` itself when one channel is asked for.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function fromMono(samples: Float32Array, channels: number): Float32Array {
  checkChannels(channels);
  if (channels === 1) return samples;
  const interleaved = new Float32Array(samples.length * channels);
  for (let frame = 0, at = 0; frame < samples.length; frame++, at += channels) {
    interleaved.fill(samples[frame] as number, at, at + channels);
  }
  return interleaved;
}

/**
 * One of several interleaved channels.
 *
 * @param index - Range: 0..`channels - 1`.
 * @returns a fresh array; or `samples` itself when it is mono.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function pickChannel(samples: Float32Array, channels: number, index: number): Float32Array {
  checkInterleaved(samples, channels);
  resolveOptions('channels', { index }, {}, { index: integerIn(0, channels - 1) });
  if (channels === 1) return samples;
  const picked = new Float32Array(samples.length / channels);
  for (let frame = 0, at = index; frame < picked.length; frame++, at += channels) {
    picked[frame] = samples[at] as number;
  }
  return picked;
}

/**
 * Add samples to others, in place. Does not clip.
 *
 * @remarks
 * Ownership: `target` must be the caller's own and not yet part of a frame.
 * @param offset - index in `target` where `source` begins, a whole number of 0 or more; what reaches beyond the end is left out.
 * @param gain - amplitude factor for `source`. Range: -100..100. @defaultValue 1
 * @returns how many samples of `source` were added.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function mixInto(target: Float32Array, source: Float32Array, offset: number, gain = 1): number {
  resolveOptions(
    'mix',
    { offset, gain },
    {},
    {
      offset: integerIn(0, Number.MAX_SAFE_INTEGER, 'samples'),
      gain: numberIn(-100, 100),
    },
  );
  const count = Math.max(0, Math.min(source.length, target.length - offset));
  for (let i = 0; i < count; i++) {
    target[offset + i] = (target[offset + i] as number) + gain * (source[i] as number);
  }
  return count;
}

function checkChannels(channels: number): void {
  resolveOptions('channels', { channels }, {}, { channels: integerIn(1, 32) });
}

function checkInterleaved(samples: Float32Array, channels: number): void {
  checkChannels(channels);
  if (samples.length % channels !== 0) {
    throw new OptionError(
      'OPTION_INVALID',
      `channels: ${samples.length} samples are no whole number of sample frames of ${channels} channels; ` +
        'give whole sample frames, or the right number of channels',
    );
  }
}
