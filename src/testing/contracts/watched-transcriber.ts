import { from, Subject, type Subscription } from 'rxjs';
import type { AudioFrame } from '../../core/audio/audio-frame.js';
import { isVoiceError } from '../../core/errors.js';
import type { Transcriber, Transcript } from '../../core/ports/transcriber.js';
import { framesOf, noise } from '../signals.js';
import type { ContractTestFunctions } from './test-functions.js';

/** A transcriber over a recogniser that does as it is told and counts what it is asked. @public */
export interface WatchedTranscriber {
  readonly transcriber: Transcriber;
  /** From now on the recogniser answers no question, for ever. Leave it out for one that cannot wait, such as a table. */
  hang?(): void;
  /** Questions under way: neither answered nor told to stop. */
  openCalls(): number;
  /** Questions that were ever asked. */
  seenCalls(): number;
  /** Audio in all the questions so far. Units: milliseconds. */
  askedMs(): number;
  /** Let time pass: virtual time moves on, real time is waited for. */
  advance(ms: number): void | Promise<void>;
  /** Frees what `create` made. */
  destroy?(): void | Promise<void>;
}

/** What can only be checked where the recogniser behind a transcriber can be watched. @public */
export interface WatchedTranscriberSetup {
  /** Called once per test. */
  create(): WatchedTranscriber | Promise<WatchedTranscriber>;
  /**
   * Most that is kept of one utterance, as `create` sets it: best a second. What comes beyond is left out, or ends the utterance with an error.
   * Leave it out for one that keeps no audio. Units: milliseconds.
   */
  readonly maxKeptMs?: number;
  /**
   * Within this a recogniser that hangs is given up. Leave it out where something beneath sees to it, such as the host of a child process.
   * Units: milliseconds.
   */
  readonly patienceMs?: number;
  /** Within this everything else must happen. Units: milliseconds. @defaultValue 1000 */
  readonly limitMs?: number;
}

/** The clauses about what is asked of a recogniser, and for how long. */
export function describeWatchedTranscriber(
  { it, expect }: ContractTestFunctions,
  { create, maxKeptMs, patienceMs, limitMs = 1000 }: WatchedTranscriberSetup,
  utterance: readonly AudioFrame[],
): void {
  const withSubject = (body: (subject: WatchedTranscriber) => Promise<void>) => async () => {
    const subject = await create();
    try {
      await body(subject);
    } finally {
      await subject.destroy?.();
    }
  };

  it(
    'asks nothing about an utterance without frames',
    withSubject(async (subject) => {
      const heard = listen(subject, []);
      await until(subject, 'the final transcript', () => heard.isOver, limitMs);
      heard.stop();

      expect(subject.seenCalls()).toBe(0);
    }),
  );

  it(
    'asks nothing any more when it was unsubscribed before the utterance was over',
    withSubject(async (subject) => {
      const input$ = new Subject<AudioFrame>();
      const subscription = input$.pipe(subject.transcriber.transcribe()).subscribe();
      for (const frame of utterance) input$.next(frame);
      subscription.unsubscribe();
      const asked = subject.seenCalls();

      input$.complete();
      await subject.advance(limitMs);

      expect([subject.seenCalls(), subject.openCalls()]).toEqual([asked, 0]);
    }),
  );

  it(
    'tells the recogniser to stop when it is unsubscribed',
    withSubject(async (subject) => {
      subject.hang?.();
      const heard = listen(subject, utterance);
      if (subject.hang) await until(subject, 'a question', () => subject.openCalls() > 0, limitMs);

      heard.stop();

      await until(subject, 'the recogniser to be left alone', () => subject.openCalls() === 0, limitMs);
      expect(heard.finals).toBe(subject.hang ? 0 : 1);
    }),
  );

  if (maxKeptMs !== undefined) {
    it(
      'keeps no more of an utterance than it may, however much comes at once',
      withSubject(async (subject) => {
        const { format } = subject.transcriber;
        const sound = noise({ sampleRateHz: format.sampleRateHz, durationMs: 2 * maxKeptMs + 1000 });

        const heard = listen(subject, framesOf(sound, format, 20));
        await until(subject, 'an end', () => heard.isOver, 20 * limitMs);
        heard.stop();

        expect(subject.askedMs()).toBeGreaterThan(0);
        if (heard.error === undefined && subject.askedMs() > maxKeptMs) {
          throw new Error(
            `it may keep ${maxKeptMs} ms of an utterance, but asked about ${subject.askedMs()} ms`,
          );
        }
      }),
    );
  }

  if (patienceMs !== undefined) {
    it(
      'gives up on a recogniser that hangs, in time, and tells it to stop',
      withSubject(async (subject) => {
        if (!subject.hang) throw new Error('patienceMs needs a subject that can hang');
        subject.hang();
        const heard = listen(subject, utterance);
        await until(subject, 'an end of the wait', () => heard.isOver, patienceMs + limitMs);

        expect(isVoiceError(heard.error) && heard.error.code).toBe('TRANSCRIPTION_FAILED');
        expect(heard.finals).toBe(0);
        await until(subject, 'the recogniser to be left alone', () => subject.openCalls() === 0, limitMs);
        heard.stop();
      }),
    );
  }
}

interface Heard {
  readonly finals: number;
  readonly error: unknown;
  readonly isOver: boolean;
  stop(): void;
}

/** One utterance, given at once. */
function listen({ transcriber }: WatchedTranscriber, frames: readonly AudioFrame[]): Heard {
  let finals = 0;
  let error: unknown;
  let isOver = false;
  const subscription: Subscription = from(frames)
    .pipe(transcriber.transcribe())
    .subscribe({
      next: ({ final }: Transcript) => {
        if (final) finals += 1;
      },
      error: (cause: unknown) => {
        error = cause;
        isOver = true;
      },
      complete: () => {
        isOver = true;
      },
    });
  return {
    get finals() {
      return finals;
    },
    get error() {
      return error;
    },
    get isOver() {
      return isOver;
    },
    stop: () => subscription.unsubscribe(),
  };
}

/** Waiting goes in steps of this, so that real time is not waited for longer than needed. */
const stepMs = 5;

async function until(
  subject: WatchedTranscriber,
  what: string,
  isSo: () => boolean,
  limitMs: number,
): Promise<void> {
  for (let waitedMs = 0; !isSo(); waitedMs += stepMs) {
    if (waitedMs >= limitMs) throw new Error(`waited ${limitMs} ms for ${what}`);
    await subject.advance(stepMs);
  }
}
