import { concat, from, Subject, throwError } from 'rxjs';
import type { AudioFrame } from '../../core/audio/audio-frame.js';
import type { Transcriber, Transcript } from '../../core/ports/transcriber.js';
import { framesOf, noise } from '../signals.js';
import { type ContractTime, collect, failureOf, isPcmFormat, otherFormat } from './observe.js';
import type { ContractTestFunctions } from './test-functions.js';
import { describeWatchedTranscriber, type WatchedTranscriberSetup } from './watched-transcriber.js';

/** @public */
export interface TranscriberContract extends ContractTime {
  /** Names the implementation in the test report. */
  readonly name: string;
  /** A transcriber that is ready; called once per test. */
  create(): Transcriber | Promise<Transcriber>;
  /** Frees what `create` made. */
  destroy?(transcriber: Transcriber): void | Promise<void>;
  /** Two utterances and what was said in them. Compared by words: case and punctuation do not count. */
  readonly utterances: readonly [ContractUtterance, ContractUtterance];
  /** An utterance in which nothing is said. */
  readonly wordless: readonly AudioFrame[];
  /**
   * The same over a recogniser that can be watched and told to hang. Without it nothing tells whether a wait or what is kept has a bound, nor whether the
   * recogniser is told to stop: leave it out only where there is no way to stand in for the recogniser.
   */
  readonly watched?: WatchedTranscriberSetup;
}

/** @public */
export interface ContractUtterance {
  readonly frames: readonly AudioFrame[];
  readonly text: string;
}

/** What every `Transcriber` must do. @public */
export function describeTranscriberContract(
  { describe, it, expect }: ContractTestFunctions,
  { name, create, destroy, utterances, wordless, watched, drive }: TranscriberContract,
): void {
  const time = { drive };
  const [first, second] = utterances;
  const withTranscriber = async (body: (transcriber: Transcriber) => Promise<void>) => {
    const transcriber = await create();
    try {
      await body(transcriber);
    } finally {
      await destroy?.(transcriber);
    }
  };
  const transcribe = (transcriber: Transcriber, frames: readonly AudioFrame[]) =>
    collect(from(frames).pipe(transcriber.transcribe()), time);

  describe(`${name} as a Transcriber`, () => {
    it('declares the frames that it takes', () =>
      withTranscriber(async ({ format }) => {
        expect(isPcmFormat(format)).toBe(true);
      }));

    it('gives any number of partial transcripts, then one final one, then completes', () =>
      withTranscriber(async (transcriber) => {
        const transcripts = await transcribe(transcriber, first.frames);

        expect(transcripts.length).toBeGreaterThan(0);
        for (const [index, { final, engine }] of transcripts.entries()) {
          expect(final, `transcript ${index} is final`).toBe(index === transcripts.length - 1);
          expect(engine.trim() === '', `transcript ${index} names no engine`).toBe(false);
        }
        expect(words(lastText(transcripts))).toEqual(words(first.text));
      }));

    it('gives a final transcript with an empty text for an utterance without words', () =>
      withTranscriber(async (transcriber) => {
        const transcripts = await transcribe(transcriber, wordless);

        expect(transcripts.filter(({ final }) => final).length).toBe(1);
        expect(lastText(transcripts)).toBe('');
      }));

    it('gives a final transcript with an empty text for an utterance without frames', () =>
      withTranscriber(async (transcriber) => {
        const transcripts = await transcribe(transcriber, []);

        expect(transcripts.map(({ text, final }) => ({ text, final }))).toEqual([{ text: '', final: true }]);
      }));

    it('keeps utterances apart, one after the other and side by side', () =>
      withTranscriber(async (transcriber) => {
        const operator = transcriber.transcribe();
        const before = await collect(from(first.frames).pipe(operator), time);

        const inputs = [new Subject<AudioFrame>(), new Subject<AudioFrame>()] as const;
        const both = Promise.all(inputs.map((input$) => collect(input$.pipe(operator), {})));
        for (let index = 0; index < Math.max(first.frames.length, second.frames.length); index++) {
          const [frameA, frameB] = [first.frames[index], second.frames[index]];
          if (frameA !== undefined) inputs[0].next(frameA);
          if (frameB !== undefined) inputs[1].next(frameB);
        }
        for (const input$ of inputs) input$.complete();
        await drive?.();
        const [a = [], b = []] = await both;

        expect(lastText(before)).toBe(lastText(a));
        expect(words(lastText(a))).toEqual(words(first.text));
        expect(words(lastText(b))).toEqual(words(second.text));
      }));

    it('emits nothing after it was unsubscribed', () =>
      withTranscriber(async (transcriber) => {
        let emitted = 0;
        const input$ = new Subject<AudioFrame>();
        const subscription = input$.pipe(transcriber.transcribe()).subscribe(() => {
          emitted++;
        });
        for (const frame of first.frames) input$.next(frame);

        subscription.unsubscribe();
        const atOnce = emitted;
        input$.complete();
        // Whatever was under way is over when as much work that came later is.
        await transcribe(transcriber, first.frames);

        expect(emitted).toBe(atOnce);
      }));

    it('lets go of its source when it is unsubscribed', () =>
      withTranscriber(async (transcriber) => {
        const input$ = new Subject<AudioFrame>();
        const subscription = input$.pipe(transcriber.transcribe()).subscribe();
        expect(input$.observed).toBe(true);

        subscription.unsubscribe();

        expect(input$.observed).toBe(false);
      }));

    it('passes on an error of its source without a final transcript', () =>
      withTranscriber(async (transcriber) => {
        const broken = new Error('the microphone is gone');
        const finals: Transcript[] = [];
        const transcripts$ = concat(
          from(first.frames),
          throwError(() => broken),
        ).pipe(transcriber.transcribe());

        const ended = new Promise<unknown>((resolve) => {
          transcripts$.subscribe({
            next: (transcript) => {
              if (transcript.final) finals.push(transcript);
            },
            error: resolve,
            complete: () => resolve(undefined),
          });
        });
        await drive?.();

        expect(await ended).toBe(broken);
        expect(finals).toEqual([]);
      }));

    it('refuses a frame of another layout with an error', () =>
      withTranscriber(async (transcriber) => {
        const format = otherFormat(transcriber.format);
        const frames = framesOf(noise({ sampleRateHz: format.sampleRateHz, durationMs: 200 }), format, 20);

        const { error } = await failureOf(from(frames).pipe(transcriber.transcribe()), time);

        expect(error instanceof Error).toBe(true);
      }));

    if (watched) describeWatchedTranscriber({ describe, it, expect }, watched, first.frames);
  });
}

const lastText = (transcripts: readonly Transcript[]) => transcripts.at(-1)?.text;

const words = (text = '') => text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
