import { asyncScheduler, Observable, type SchedulerLike } from 'rxjs';
import { type AudioFrame, audioFrame, type PcmFormat } from '../core/audio/audio-frame.js';
import { SpeechError } from '../core/errors.js';
import { integerIn, nonEmptyString, numberIn, resolveOptions } from '../core/options.js';
import type { Synthesizer } from '../core/ports/synthesizer.js';
import { burst } from './signals.js';

/** @public */
export interface ToneSynthesizerOptions {
  /** Rate of what it speaks, mono. Units: hertz. Range: 8000..192_000. @defaultValue 24_000, as Kokoro's */
  readonly sampleRateHz: number;
  /** Names the voice; another name has another pitch. @defaultValue 'tone' */
  readonly voice: string;
  /** Speaking rate. Range: 0.25..4. @defaultValue 1 */
  readonly speed: number;
  /** Length of each frame; the last may be shorter. Units: milliseconds. Range: 1..1000. @defaultValue 20 */
  readonly frameMs: number;
  /** From the subscription to the first frame. Units: milliseconds. Range: 0..60_000. @defaultValue 0 */
  readonly firstFrameAfterMs: number;
  /**
   * Time taken per second of audio, as a real-time factor: 1 speaks as fast as it is heard, 0 at once.
   * Range: 0..10. @defaultValue 0
   */
  readonly realTimeFactor: number;
  /** Paces the frames. @defaultValue asyncScheduler */
  readonly scheduler: SchedulerLike;
}

/** @public */
export const defaultToneSynthesizerOptions = {
  sampleRateHz: 24_000,
  voice: 'tone',
  speed: 1,
  frameMs: 20,
  firstFrameAfterMs: 0,
  realTimeFactor: 0,
  scheduler: asyncScheduler,
} as const satisfies ToneSynthesizerOptions;

const msPerLetter = 60;
const gapMs = 80;

/**
 * A synthesizer that speaks each word as a tone: 60 ms a letter, then 80 ms of silence, at a pitch that depends on the word.
 *
 * @remarks
 * The same text always sounds the same, so a test can tell by ear or by Goertzel what was said, and how long it takes.
 * Errors with `SYNTHESIS_FAILED` for a text without a letter or digit.
 *
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function toneSynthesizer(options: Partial<ToneSynthesizerOptions> = {}): Synthesizer {
  const resolved = resolveOptions<ToneSynthesizerOptions>(
    'tone-synthesizer',
    defaultToneSynthesizerOptions,
    options,
    {
      sampleRateHz: integerIn(8000, 192_000, 'hertz'),
      voice: nonEmptyString,
      speed: numberIn(0.25, 4),
      frameMs: numberIn(1, 1000, 'milliseconds'),
      firstFrameAfterMs: numberIn(0, 60_000, 'milliseconds'),
      realTimeFactor: numberIn(0, 10),
    },
  );
  const { sampleRateHz, voice, speed, frameMs, firstFrameAfterMs, realTimeFactor, scheduler } = resolved;
  const format: PcmFormat = { sampleRateHz, channels: 1 };
  // Absolute times, so that the delays of a real clock do not add up.
  const dueIn = (dueMs: number) => Math.max(0, dueMs - scheduler.now());

  return {
    format,
    engine: 'tone',
    voice,
    speed,
    synthesize: (text) =>
      new Observable<AudioFrame>((subscriber) => {
        const words = text.match(/[\p{L}\p{N}]+/gu);
        if (words === null) {
          const said = JSON.stringify(text);
          subscriber.error(
            new SpeechError('SYNTHESIS_FAILED', `there is no word in ${said}; give a text with a word in it`),
          );
          return;
        }
        const samples = concatenate(words.map((word) => speak(word, resolved)));
        const perFrame = Math.max(1, Math.round((frameMs * sampleRateHz) / 1000));
        const startedAt = scheduler.now() + firstFrameAfterMs;
        let start = 0;
        subscriber.add(
          scheduler.schedule(function () {
            const frame = audioFrame(
              format,
              samples.slice(start, start + perFrame),
              (start * 1000) / sampleRateHz,
            );
            subscriber.next(frame);
            start += perFrame;
            if (start >= samples.length) subscriber.complete();
            else
              this.schedule(undefined, dueIn(startedAt + ((start * 1000) / sampleRateHz) * realTimeFactor));
          }, firstFrameAfterMs),
        );
      }),
  };
}

/** Where a word lies between 200 and 800 Hz; the golden ratio spreads neighbours apart. */
function pitchHz(word: string, voice: string): number {
  const sum = [...`${voice}/${word.toLowerCase()}`].reduce(
    (hash, letter) => (hash * 31 + (letter.codePointAt(0) ?? 0)) % 65_521,
    7,
  );
  return 200 + 600 * ((sum * 0.618_033_988_75) % 1);
}

function speak(word: string, { sampleRateHz, speed, voice }: ToneSynthesizerOptions): Float32Array {
  return burst({
    sampleRateHz,
    durationMs: (word.length * msPerLetter) / speed,
    tailMs: gapMs / speed,
    frequencyHz: pitchHz(word, voice),
    peak: 0.3,
  });
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
