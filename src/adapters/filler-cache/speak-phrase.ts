import { defer, map, type Observable, reduce, type SchedulerLike, timeout } from 'rxjs';
import { toMono } from '../../core/audio/mix.js';
import { convertSampleRate } from '../../core/audio/sample-rate-converter.js';
import { SpeechError } from '../../core/errors.js';
import type { SpokenFrame, Synthesizer } from '../../core/ports/synthesizer.js';
import { maxFillerMs } from './limits.js';
import { trimSilence } from './trim-silence.js';

export interface SpeakPhraseOptions {
  readonly synthesizer: Synthesizer;
  /** Of what comes out. Units: hertz. */
  readonly sampleRateHz: number;
  /** How long the synthesizer may be silent. Units: ms. */
  readonly maxWaitMs: number;
  readonly scheduler: SchedulerLike;
}

/** All of a text's speech, mono, without the silence around it, at the rate of the cache. */
export function speakPhrase(
  text: string,
  { synthesizer, sampleRateHz, maxWaitMs, scheduler }: SpeakPhraseOptions,
): Observable<Float32Array> {
  const { format } = synthesizer;
  const failed = (what: string) =>
    new SpeechError('SYNTHESIS_FAILED', `${synthesizer.engine}, asked for ${JSON.stringify(text)}, ${what}`);
  const collect = (speech: { readonly frames: SpokenFrame[]; count: number }, frame: SpokenFrame) => {
    // It would be played for the phrase ever after.
    if (frame.saysNothing)
      throw failed('gave a signal in the place of speech; render with a voice that speaks');
    speech.frames.push(frame);
    speech.count += frame.samples.length;
    const ms = (speech.count * 1000) / (format.sampleRateHz * format.channels);
    if (ms > maxFillerMs)
      throw failed(`gave more than ${maxFillerMs / 1000} s of speech; shorten the phrase`);
    return speech;
  };
  // In a `defer`, for an accumulator of its own in each subscription.
  return defer(() =>
    synthesizer.synthesize(text).pipe(
      timeout({
        each: maxWaitMs,
        scheduler,
        with: () => {
          throw failed(`gave no sound within ${maxWaitMs} ms; raise maxWaitMs or choose a faster engine`);
        },
      }),
      reduce(collect, { frames: [], count: 0 }),
      map(({ frames, count }) => {
        const whole = new Float32Array(count);
        let at = 0;
        for (const { samples } of frames) {
          whole.set(samples, at);
          at += samples.length;
        }
        if (!whole.some((sample) => sample !== 0)) throw failed('gave no sound; leave the phrase out');
        const mono = trimSilence(toMono(whole, format.channels), format.sampleRateHz);
        return convertSampleRate(mono, format.sampleRateHz, sampleRateHz);
      }),
    ),
  );
}
