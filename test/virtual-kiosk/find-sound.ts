import type { Recording } from './recorder.js';

/** A stretch of a recording. Units: ms of `performance.now()` in this process. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** How sound and silence are told apart. */
export interface SoundOptions {
  /** What is louder than this is sound. Range: 0..1. @defaultValue 0.001, which is -60 dB */
  readonly threshold: number;
  /** A pause shorter than this is part of the sound around it: a sine is near zero twice a period. Units: ms. @defaultValue 5 */
  readonly shortestPauseMs: number;
}

/** @see SoundOptions */
export const defaultSoundOptions: SoundOptions = { threshold: 0.001, shortestPauseMs: 5 };

/** One channel of a recording. */
export function channelOf({ samples, channels }: Recording, channel: number): Float32Array {
  const one = new Float32Array(samples.length / channels);
  for (let i = 0; i < one.length; i += 1) one[i] = samples[i * channels + channel] as number;
  return one;
}

/** Every stretch with sound in any channel, from its first loud sample to its last. Accuracy: that of the recording's time line. */
export function findSounds(recording: Recording, options: Partial<SoundOptions> = {}): readonly Span[] {
  const { threshold, shortestPauseMs } = { ...defaultSoundOptions, ...options };
  const { samples, channels, rateHz } = recording;
  const pauseFrames = (shortestPauseMs * rateHz) / 1000;
  const found: { first: number; last: number }[] = [];
  for (let i = 0; i < samples.length; i += 1) {
    if (Math.abs(samples[i] as number) <= threshold) continue;
    const frame = Math.floor(i / channels);
    const sound = found.at(-1);
    if (sound && frame - sound.last < pauseFrames) sound.last = frame;
    else found.push({ first: frame, last: frame });
  }
  return found.map(({ first, last }) => ({ fromMs: recording.msAt(first), toMs: recording.msAt(last + 1) }));
}

/** When the first sound at or after `afterMs` begins; undefined when there is none. */
export function findOnset(
  recording: Recording,
  afterMs = -Infinity,
  options: Partial<SoundOptions> = {},
): number | undefined {
  const sound = findSounds(recording, options).find(({ toMs }) => toMs > afterMs);
  return sound && Math.max(sound.fromMs, afterMs);
}

/** From when on there is nothing but silence to the end of the recording; its beginning when there is no sound at all. */
export function findLastSound(recording: Recording, options: Partial<SoundOptions> = {}): number {
  return findSounds(recording, options).at(-1)?.toMs ?? recording.firstSampleMs;
}

/** How loud a stretch is on the whole. Units: dB below full scale, of the mean square; -Infinity for digital silence. */
export function levelDb(samples: Float32Array, from = 0, to = samples.length): number {
  let sum = 0;
  for (let i = from; i < to; i += 1) sum += (samples[i] as number) ** 2;
  return 10 * Math.log10(sum / Math.max(1, to - from));
}

/** The amplitude of one frequency in a stretch. */
export function toneAmplitude(
  samples: Float32Array,
  rateHz: number,
  frequencyHz: number,
  from = 0,
  to = samples.length,
): number {
  const step = (2 * Math.PI * frequencyHz) / rateHz;
  let re = 0;
  let im = 0;
  let weights = 0;
  for (let i = from; i < to; i += 1) {
    // A Hann window, so that a stretch need not hold whole periods.
    const weight = 0.5 - 0.5 * Math.cos((2 * Math.PI * (i - from + 0.5)) / (to - from));
    const sample = (samples[i] as number) * weight;
    re += sample * Math.cos(step * i);
    im += sample * Math.sin(step * i);
    weights += weight;
  }
  return (2 * Math.hypot(re, im)) / Math.max(1, weights);
}

/** The greatest number that a frame can carry: what 16 bits hold. */
const greatestNumber = 32_767;

/**
 * Frames that say which they are: every sample of frame n, in every channel, is (n + 1) / 32768. Survives 16-bit paths of the same rate.
 *
 * @param from - the number of the first one. The last has to be below 32767.
 */
export function numberedFrames(count: number, samplesPerFrame: number, from = 0): Float32Array {
  if (from < 0 || from + count > greatestNumber) {
    throw new Error(
      `frames ${from} to ${from + count - 1} do not fit into 0 to ${greatestNumber - 1}; take longer frames`,
    );
  }
  const samples = new Float32Array(count * samplesPerFrame);
  for (let n = 0; n < count; n += 1)
    samples.fill((from + n + 1) / 32_768, n * samplesPerFrame, (n + 1) * samplesPerFrame);
  return samples;
}

/** One numbered frame, as far as it was audible. */
export interface HeardNumber extends Span {
  /** Null for silence. */
  readonly number: number | null;
}

/** Reads numbered frames back, in one channel; stretches of the same number are one. */
export function readNumbers(recording: Recording, channel = 0): readonly HeardNumber[] {
  const samples = channelOf(recording, channel);
  const heard: HeardNumber[] = [];
  let from = 0;
  const numberAt = (i: number): number => Math.round((samples[i] as number) * 32_768);
  for (let i = 1; i <= samples.length; i += 1) {
    if (i < samples.length && numberAt(i) === numberAt(from)) continue;
    const value = numberAt(from);
    heard.push({
      number: value === 0 ? null : value - 1,
      fromMs: recording.msAt(from),
      toMs: recording.msAt(i),
    });
    from = i;
  }
  return heard;
}
