import type { PcmFormat } from '../audio/audio-frame.js';
import { OptionError } from '../errors.js';
import type { Check } from '../options.js';
import { noiseAt, noisePeak } from './background-noise.js';

/** From when to when something is said. Units: milliseconds on the scheduler's clock. @public */
export interface Saying {
  readonly startMs: number;
  readonly endMs: number;
}

/** The room in front of a microphone: background noise, and what is said in it. Indices count from the time base's origin. */
export interface SoundScene {
  /**
   * Say something at `index`, or after what is still being said then.
   *
   * @param samples - one channel at the microphone's rate; every channel hears it.
   * @returns the index it begins at.
   */
  say(samples: Float32Array, index: number): number;
  /** What there is to hear from `firstSample` on, interleaved. Earlier sounds are forgotten. */
  listen(firstSample: number, samplesPerChannel: number): Float32Array;
}

/** What the room is like. */
export interface SoundSceneOptions {
  readonly format: PcmFormat;
  /** Root mean square of the background. Units: dB below full scale; -Infinity is silence. */
  readonly noiseDb: number;
  readonly seed: number;
  /** Bound of what is still to be said. Units: milliseconds. */
  readonly maxPendingMs: number;
}

/** The longest that may wait to be said, ten minutes: at 48 kHz 115 MB. */
export const maxPendingMs = 600_000;

/** A check for `noiseDb`. */
export const noiseLevel: Check = (value) =>
  typeof value === 'number' && value <= 0 ? undefined : 'must be a number from -Infinity to 0 dB';

/** A room. Nobody has to listen: what is said while the microphone is closed is gone. */
export function createSoundScene({ format, noiseDb, seed, maxPendingMs }: SoundSceneOptions): SoundScene {
  const peak = noisePeak(noiseDb);
  const { channels, sampleRateHz } = format;
  let sounds: { readonly start: number; readonly end: number; readonly samples: Float32Array }[] = [];

  function forgetBefore(index: number): void {
    if (sounds.some((sound) => sound.end <= index)) sounds = sounds.filter((sound) => sound.end > index);
  }

  function say(samples: Float32Array, index: number): number {
    if (!(samples instanceof Float32Array)) {
      throw new OptionError(
        'OPTION_INVALID',
        `say: samples must be a Float32Array, but is ${typeof samples}`,
      );
    }
    forgetBefore(index);
    const start = Math.max(index, sounds.at(-1)?.end ?? 0);
    const end = start + samples.length;
    const pendingMs = ((end - index) * 1000) / sampleRateHz;
    if (pendingMs > maxPendingMs) {
      throw new OptionError(
        'OPTION_INVALID',
        `say: ${Math.round(pendingMs)} ms would be waiting to be said, the bound is ${maxPendingMs} ms; say it later or in parts`,
      );
    }
    if (samples.length > 0) sounds.push({ start, end, samples: samples.slice() });
    return start;
  }

  function listen(firstSample: number, samplesPerChannel: number): Float32Array {
    const heard = new Float32Array(samplesPerChannel * channels);
    forgetBefore(firstSample);
    if (peak > 0) {
      for (let i = 0; i < heard.length; i += 1) heard[i] = peak * noiseAt(seed, firstSample * channels + i);
    }
    for (const { start, end, samples } of sounds) {
      const to = Math.min(end, firstSample + samplesPerChannel);
      for (let index = Math.max(start, firstSample); index < to; index += 1) {
        const sample = samples[index - start] as number;
        const at = (index - firstSample) * channels;
        for (let channel = 0; channel < channels; channel += 1) {
          heard[at + channel] = (heard[at + channel] as number) + sample;
        }
      }
    }
    return heard;
  }

  return { say, listen };
}
