import { asyncScheduler, Observable, type SchedulerLike, Subject } from 'rxjs';
import type { Synthesizer } from '../ports/synthesizer.js';

/** How long a voice took for one text. @public */
export interface SynthesisTiming {
  readonly type: 'synthesis-timed';
  /** When that was known. Units: ms on the clock of the scheduler. */
  readonly atMs: number;
  /** Of the synthesizer, as it was when it was asked. */
  readonly engine: string;
  readonly voice: string;
  /** How much it had to say. Units: characters. The text itself is not told. */
  readonly letters: number;
  /** From when it was asked to its first sound; null when it failed before. Units: ms. */
  readonly firstAudioMs: number | null;
}

/** A synthesizer that is watched. @public */
export interface WatchedSynthesis {
  /** The same voice, to be given to whatever speaks. Its owner still closes the first one. */
  readonly synthesizer: Synthesizer;
  /** One for each text that was begun or that failed; none for one that was not waited for. Hot; never completes, never errors. */
  readonly timings$: Observable<SynthesisTiming>;
}

/**
 * Time how long a voice takes for its first sound.
 *
 * @remarks
 * Ownership: neither keeps audio nor changes it. Cancellation: as of the synthesizer; what is given up before its first sound is not told.
 * Around a ladder of voices this times the ladder, around one of its voices that voice.
 *
 * @param scheduler - of the pipeline. @defaultValue asyncScheduler
 * @public
 */
export function watchSynthesis(
  synthesizer: Synthesizer,
  scheduler: SchedulerLike = asyncScheduler,
): WatchedSynthesis {
  const timings$ = new Subject<SynthesisTiming>();
  const { reports$ } = synthesizer;

  const synthesize: Synthesizer['synthesize'] = (text) =>
    new Observable((subscriber) => {
      const { engine, voice } = synthesizer;
      const askedMs = scheduler.now();
      let isTold = false;
      const tell = (isHeard: boolean): void => {
        if (isTold) return;
        isTold = true;
        const atMs = scheduler.now();
        const firstAudioMs = isHeard ? atMs - askedMs : null;
        timings$.next({ type: 'synthesis-timed', atMs, engine, voice, letters: text.length, firstAudioMs });
      };
      return synthesizer.synthesize(text).subscribe({
        next: (frame) => {
          if (frame.samplesPerChannel > 0) tell(true);
          subscriber.next(frame);
        },
        error: (error) => {
          tell(false);
          subscriber.error(error);
        },
        complete: () => subscriber.complete(),
      });
    });

  return {
    synthesizer: {
      get format() {
        return synthesizer.format;
      },
      get engine() {
        return synthesizer.engine;
      },
      get voice() {
        return synthesizer.voice;
      },
      get speed() {
        return synthesizer.speed;
      },
      ...(reports$ && { reports$ }),
      synthesize,
    },
    timings$: timings$.asObservable(),
  };
}
