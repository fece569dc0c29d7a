import { Observable } from 'rxjs';
import { type AudioFrame, endMs, sameFormat } from '../core/audio/audio-frame.js';
import { AudioFormatError } from '../core/errors.js';
import { integerIn, nonEmptyString, resolveOptions } from '../core/options.js';
import type { WakeWord } from '../core/ports/wake-word.js';

/** Which tone is the word. @public */
export interface ToneWakeWordOptions {
  /** What the word is called. @defaultValue 'tone' */
  readonly word: string;
  /** Its pitch. Units: Hz. Range: 100..7000. @defaultValue 1000 */
  readonly frequencyHz: number;
  /** How long it lasts at least. Units: ms. Range: 32..2000. @defaultValue 200 */
  readonly minToneMs: number;
}

/** @public */
export const defaultToneWakeWordOptions = {
  word: 'tone',
  frequencyHz: 1000,
  minToneMs: 200,
} as const satisfies ToneWakeWordOptions;

/** Fainter than this is silence. Linear, mean square: -50 dB. */
const leastPower = 1e-5;

/** How much of a window is a sine of one frequency. Range: 0..1. (Goertzel's algorithm.) */
function shareOfTone(samples: Float32Array, frequencyHz: number, sampleRateHz: number): number {
  const turn = 2 * Math.cos((2 * Math.PI * frequencyHz) / sampleRateHz);
  let [last, beforeLast, power] = [0, 0, 0];
  for (const sample of samples) {
    [last, beforeLast] = [sample + turn * last - beforeLast, last];
    power += sample * sample;
  }
  if (power / samples.length < leastPower) return 0;
  const atFrequency = last * last + beforeLast * beforeLast - turn * last * beforeLast;
  return Math.min(1, (2 * atFrequency) / (samples.length * power));
}

/**
 * A wake word that is a tone. For tests that must not wait for a model.
 *
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function toneWakeWord(options: Partial<ToneWakeWordOptions> = {}): WakeWord {
  const { word, frequencyHz, minToneMs } = resolveOptions<ToneWakeWordOptions>(
    'toneWakeWord',
    defaultToneWakeWordOptions,
    options,
    {
      word: nonEmptyString,
      frequencyHz: integerIn(100, 7000, 'Hz'),
      minToneMs: integerIn(32, 2000, 'ms'),
    },
  );
  const format = { sampleRateHz: 16_000, channels: 1 };
  const windowSamples = 512;
  const check = (frame: AudioFrame) => {
    if (sameFormat(frame.format, format) && frame.samplesPerChannel === windowSamples) return;
    throw new AudioFormatError(
      'AUDIO_FORMAT_UNSUPPORTED',
      `the tone wake word takes ${windowSamples} samples of one channel at 16000 Hz, not ${frame.samplesPerChannel} at ${frame.format.sampleRateHz} Hz; put convertTo() and reframe() before it`,
    );
  };

  return {
    format,
    windowSamples,
    listen: (reset$) => (frames$) =>
      new Observable((subscriber) => {
        let began: { readonly startMs: number; score: number } | undefined;
        const tell = (untilMs: number) => {
          const said = began;
          began = undefined;
          if (said && untilMs - said.startMs >= minToneMs)
            subscriber.next({ word, score: said.score, startMs: said.startMs, endMs: untilMs });
        };
        const hear = (frame: AudioFrame) => {
          const share = shareOfTone(frame.samples, frequencyHz, format.sampleRateHz);
          if (share < 0.5) tell(frame.timestampMs);
          else if (began) began.score = Math.max(began.score, share);
          else began = { startMs: frame.timestampMs, score: share };
        };
        let lastMs = 0;

        if (reset$)
          subscriber.add(
            reset$.subscribe(() => {
              began = undefined;
            }),
          );
        subscriber.add(
          frames$.subscribe({
            next: (frame) => {
              try {
                check(frame);
              } catch (error) {
                subscriber.error(error);
                return;
              }
              lastMs = endMs(frame);
              hear(frame);
            },
            error: (error) => subscriber.error(error),
            complete: () => {
              tell(lastMs);
              subscriber.complete();
            },
          }),
        );
      }),
  };
}
