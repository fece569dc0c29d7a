import { from, Subject } from 'rxjs';
import type { AudioFrame } from '../../core/audio/audio-frame.js';
import { isVoiceError } from '../../core/errors.js';
import type { WakeWord, WakeWordHeard } from '../../core/ports/wake-word.js';
import { noise, silence } from '../signals.js';
import { type ContractTime, collect, failureOf, otherFormat, wholeFrames } from './observe.js';
import type { ContractTestFunctions } from './test-functions.js';

/** @public */
export interface WakeWordContract extends ContractTime {
  /** What the suite is called in the report. */
  readonly name: string;
  /** A fresh one; called once per test. */
  create(): WakeWord | Promise<WakeWord>;
  /** Frees what `create` made. */
  destroy?(wakeWord: WakeWord): void | Promise<void>;
  /** One of its words, said once, without silence around it: one channel at the rate of its format. */
  word(): { readonly word: string; readonly samples: Float32Array };
  /** Speech that is none of its words, if there is some at hand. */
  otherSpeech?(): Float32Array;
  /** How far off the times of a word may be. Units: ms. @defaultValue 300 */
  readonly toleranceMs?: number;
}

/** Units: ms. */
const pauseMs = 1000;

/** What every `WakeWord` must do. @public */
export function describeWakeWordContract(
  { describe, it, expect }: ContractTestFunctions,
  { name, create, destroy, word, otherSpeech, drive, toleranceMs = 300 }: WakeWordContract,
): void {
  const time = { drive };
  const withWakeWord = async (body: (wakeWord: WakeWord) => Promise<void>) => {
    const wakeWord = await create();
    try {
      await body(wakeWord);
    } finally {
      await destroy?.(wakeWord);
    }
  };
  const framesFor = ({ format, windowSamples }: WakeWord, parts: readonly Float32Array[], startMs = 0) => {
    const samples = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      samples.set(part, at);
      at += part.length;
    }
    return wholeFrames(samples, format, windowSamples, startMs);
  };
  const pauseFor = ({ format }: WakeWord) =>
    silence({ sampleRateHz: format.sampleRateHz, durationMs: pauseMs });
  const listenTo = (wakeWord: WakeWord, frames: readonly AudioFrame[]): Promise<WakeWordHeard[]> =>
    collect(from(frames).pipe(wakeWord.listen()), time);

  describe(`${name} as a WakeWord`, () => {
    it('tells a word once, which one, when, and how sure it is', () =>
      withWakeWord(async (wakeWord) => {
        const { word: expected, samples } = word();
        const pause = pauseFor(wakeWord);
        const startMs = 5000;
        const heard = await listenTo(wakeWord, framesFor(wakeWord, [pause, samples, pause], startMs));

        expect(heard.map(({ word: told }) => told)).toEqual([expected]);
        const [first] = heard as [WakeWordHeard];
        const lastsMs = (samples.length * 1000) / wakeWord.format.sampleRateHz;
        expect(first.score).toBeGreaterThan(0);
        expect(first.score).toBeLessThanOrEqual(1);
        expect(Math.abs(first.startMs - (startMs + pauseMs))).toBeLessThanOrEqual(toleranceMs);
        expect(Math.abs(first.endMs - (startMs + pauseMs + lastsMs))).toBeLessThanOrEqual(toleranceMs);
      }));

    it('tells it each time it is said, in order', () =>
      withWakeWord(async (wakeWord) => {
        const { samples } = word();
        const pause = pauseFor(wakeWord);
        const parts = [pause, samples, pause, pause, samples, pause, pause, samples, pause];
        const heard = await listenTo(wakeWord, framesFor(wakeWord, parts));

        expect(heard.length).toBe(3);
        for (const [index, { startMs, endMs }] of heard.entries()) {
          expect(endMs).toBeGreaterThanOrEqual(startMs);
          expect(startMs).toBeGreaterThanOrEqual(heard[index - 1]?.endMs ?? 0);
        }
      }));

    it('hears nothing in silence, in noise and in other speech', () =>
      withWakeWord(async (wakeWord) => {
        const pause = pauseFor(wakeWord);
        const hiss = noise({ sampleRateHz: wakeWord.format.sampleRateHz, durationMs: 3000 });
        const parts = [pause, hiss, pause, ...(otherSpeech ? [otherSpeech(), pause] : [])];

        expect(await listenTo(wakeWord, framesFor(wakeWord, parts))).toEqual([]);
      }));

    it('keeps what it heard to each subscription, and starts afresh with the next', () =>
      withWakeWord(async (wakeWord) => {
        const { samples } = word();
        const pause = pauseFor(wakeWord);
        const frames = framesFor(wakeWord, [pause, samples, pause]);

        expect((await listenTo(wakeWord, frames)).length).toBe(1);
        expect((await listenTo(wakeWord, frames)).length).toBe(1);
        expect(await listenTo(wakeWord, [])).toEqual([]);
      }));

    it('hears a word after it was made to forget', () =>
      withWakeWord(async (wakeWord) => {
        const { samples } = word();
        const pause = pauseFor(wakeWord);
        const frames$ = new Subject<AudioFrame>();
        const reset$ = new Subject<void>();
        const heard = collect(frames$.pipe(wakeWord.listen(reset$)), {});
        for (const frame of framesFor(wakeWord, [pause, samples, pause])) frames$.next(frame);
        reset$.next();
        for (const frame of framesFor(wakeWord, [pause, samples, pause], 60_000)) frames$.next(frame);
        frames$.complete();
        await drive?.();

        expect((await heard).length).toBe(2);
      }));

    it('tells nothing after it was unsubscribed, and lets go of the frames', () =>
      withWakeWord(async (wakeWord) => {
        const { samples } = word();
        const pause = pauseFor(wakeWord);
        const frames = framesFor(wakeWord, [pause, samples, pause]);
        const frames$ = new Subject<AudioFrame>();
        let told = 0;
        const subscription = frames$.pipe(wakeWord.listen()).subscribe(() => {
          told += 1;
        });
        for (const frame of frames) frames$.next(frame);

        subscription.unsubscribe();
        const atOnce = told;
        // Whatever was under way is over when as much work that came later is.
        await listenTo(wakeWord, frames);

        expect(told).toBe(atOnce);
        expect(frames$.observed).toBe(false);
      }));

    it('refuses frames of another layout, or of another length', () =>
      withWakeWord(async (wakeWord) => {
        const other = otherFormat(wakeWord.format);
        const wrongRate = wholeFrames(
          silence({ sampleRateHz: other.sampleRateHz, durationMs: pauseMs }),
          other,
          wakeWord.windowSamples,
        );
        const wrongLength = wholeFrames(pauseFor(wakeWord), wakeWord.format, wakeWord.windowSamples + 1);

        for (const frames of [wrongRate, wrongLength]) {
          const { error, emitted } = await failureOf(from(frames).pipe(wakeWord.listen()), time);
          expect(isVoiceError(error) && error.code).toBe('AUDIO_FORMAT_UNSUPPORTED');
          expect(emitted).toBe(0);
        }
      }));
  });
}
