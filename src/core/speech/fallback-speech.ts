import {
  catchError,
  concat,
  concatMap,
  defaultIfEmpty,
  defer,
  EMPTY,
  EmptyError,
  filter,
  finalize,
  map,
  merge,
  type Observable,
  type Subscription,
  TimeoutError,
  take,
  takeUntil,
  tap,
  throwError,
  throwIfEmpty,
  timer,
} from 'rxjs';
import type { PcmFormat } from '../audio/audio-frame.js';
import { SpeechError } from '../errors.js';
import type { SpokenFrame, Synthesizer } from '../ports/synthesizer.js';
import { convertSpeech } from './convert-speech.js';
import type { FallbackOptions } from './fallback-options.js';
import { asSpeechError, type FallbackWatch, type Miss, reasonFor } from './fallback-watch.js';
import { createSourcePatience, inTime } from './source-patience.js';
import { tryAgain } from './try-again.js';

/** One of several voices: there from the beginning, or opened when it is needed. */
export interface VoiceSource {
  readonly name: string;
  readonly isOpen: boolean;
  /** Its voice, as soon as it is there; undefined when it is not within `waitMs` of its opening, or at all. Opens it when nobody did. */
  within(waitMs: number): Observable<Synthesizer | undefined>;
}

interface FallbackSpeechInput {
  /** In the order of preference. */
  readonly sources: readonly VoiceSource[];
  readonly format: PcmFormat;
  readonly watch: FallbackWatch;
  readonly options: FallbackOptions;
  /** How long a text waits for a voice that is being opened while there is another, and when there is none. Units: ms. */
  readonly openingGraceMs: number;
  readonly openTimeoutMs: number;
}

/** Speech of whichever voice can give it. */
export interface FallbackSpeech {
  synthesize(text: string): Observable<SpokenFrame>;
  /** Emits when there is a voice; errors when none can be had. */
  find(): Observable<unknown>;
  /** No voice is tried any more. */
  close(): void;
}

interface Found {
  readonly index: number;
  readonly voice: Synthesizer;
}

const code = 'SYNTHESIS_FAILED';

export function createFallbackSpeech({
  sources,
  format,
  watch,
  options,
  openingGraceMs,
  openTimeoutMs,
}: FallbackSpeechInput): FallbackSpeech {
  const { answerMs, lastAnswerMs, scheduler } = options;
  const patiences = sources.map(() => createSourcePatience(scheduler));
  const startMs = Math.max(lastAnswerMs, openTimeoutMs);
  const probing = new Set<Subscription>();
  const nameOf = (index: number) => sources[index]?.name ?? '';

  const speech = ({ index, voice }: Found, text: string, firstMs: number): Observable<SpokenFrame> =>
    defer(() => voice.synthesize(text)).pipe(
      filter(({ samplesPerChannel }) => samplesPerChannel > 0),
      inTime(patiences[index] ?? createSourcePatience(scheduler), scheduler, firstMs, lastAnswerMs),
      throwIfEmpty(),
    );
  const missOf = (index: number, thrown: unknown): Miss => {
    const name = nameOf(index);
    if (thrown instanceof TimeoutError) {
      const said = `${name} gave no audio in time; another one is asked`;
      return {
        index,
        reason: 'late',
        error: new SpeechError(code, said, { retryable: true, cause: thrown }),
      };
    }
    if (thrown instanceof EmptyError)
      return { index, reason: 'failed', error: new SpeechError(code, `${name} gave no audio; check it`) };
    const error = asSpeechError(thrown, code, name);
    return { index, reason: reasonFor(error, code), error };
  };

  const within = (index: number, waitMs: number): Observable<Found> =>
    defer(() => sources[index]?.within(waitMs) ?? EMPTY).pipe(
      map((voice) => voice && { index, voice }),
      filter((found) => found !== undefined),
    );
  /** The first voice that is there and was not tried: of those that are well in their order; else whichever opens first; else one that is down. */
  const find = (tried: ReadonlySet<number>, untilMs: number): Observable<Found | undefined> => {
    const left = (indices: readonly number[]) => indices.filter((index) => !tried.has(index));
    const openedInTime = (indices: readonly number[]) =>
      defer(() =>
        merge(...indices.map((index) => within(index, Number.POSITIVE_INFINITY))).pipe(
          takeUntil(timer(Math.max(0, untilMs - scheduler.now()), scheduler)),
        ),
      );
    return concat(
      ...left(watch.well()).map((index) => within(index, openingGraceMs)),
      defer(() => openedInTime(left(watch.well()))),
      defer(() => concat(...isOpen(left(watch.down())).map((index) => within(index, 0)))),
      defer(() => openedInTime(left(watch.down()).filter(watch.isDue))),
    ).pipe(take(1), defaultIfEmpty(undefined));
  };
  const isOpen = (indices: readonly number[]) => indices.filter((index) => sources[index]?.isOpen === true);
  const isLast = (index: number, tried: ReadonlySet<number>) =>
    [...watch.well(), ...isOpen(watch.down())].every((other) => other === index || tried.has(other));

  const attempt = (
    text: string,
    tried: ReadonlySet<number>,
    misses: readonly Miss[],
    untilMs: number,
  ): Observable<SpokenFrame> =>
    find(tried, untilMs).pipe(
      concatMap((found) => {
        if (found === undefined) return throwError(() => watch.allFailed(misses));
        const { index, voice } = found;
        let hasBegun = false;
        return speech(found, text, isLast(index, tried) ? Math.max(answerMs, lastAnswerMs) : answerMs).pipe(
          tap(({ saysNothing }) => {
            if (!hasBegun) watch.answered(index, misses, saysNothing === true);
            hasBegun = true;
          }),
          convertSpeech(voice.format, format),
          catchError((thrown: unknown) => {
            const miss = missOf(index, thrown);
            if (!hasBegun) return attempt(text, new Set([...tried, index]), [...misses, miss], untilMs);
            watch.brokeOff(index, miss.error);
            return throwError(() => miss.error);
          }),
        );
      }),
    );

  /** Nobody waits for it, and it is over by itself: when it was given the time to start, or with the opening. */
  const probe = (text: string) => {
    for (const index of watch.probes()) {
      // What must be opened tells by that how it is.
      const wasOpen = sources[index]?.isOpen === true;
      const probing$ = within(index, Number.POSITIVE_INFINITY).pipe(
        concatMap((found) =>
          wasOpen ? tryAgain((waitMs) => speech(found, text, waitMs), answerMs, startMs, scheduler) : EMPTY,
        ),
        take(1),
      );
      const settled = probing$.subscribe({
        next: () => watch.probed(index, 'answered'),
        error: (thrown) => watch.probed(index, missOf(index, thrown)),
      });
      if (settled.closed) continue;
      probing.add(settled);
      settled.add(() => probing.delete(settled));
    }
  };

  return {
    synthesize: (text) =>
      defer(() => {
        let isSpoken = false;
        return attempt(text, new Set(), [], scheduler.now() + openTimeoutMs).pipe(
          tap({
            complete: () => {
              isSpoken = true;
            },
          }),
          finalize(() => {
            if (isSpoken) probe(text);
          }),
        );
      }),
    find: () =>
      defer(() => find(new Set(), scheduler.now() + openTimeoutMs)).pipe(
        tap((found) => {
          if (found === undefined) throw watch.allFailed([]);
        }),
      ),
    close() {
      for (const one of [...probing]) one.unsubscribe();
    },
  };
}
