import {
  catchError,
  defer,
  filter,
  finalize,
  identity,
  type Observable,
  TimeoutError,
  take,
  tap,
  throwError,
  throwIfEmpty,
  timeout,
} from 'rxjs';
import { type AudioFrame, sameFormat } from '../audio/audio-frame.js';
import { SpeechError, type VoiceError } from '../errors.js';
import { convertTo } from '../operators/convert-to.js';
import type { Synthesizer } from '../ports/synthesizer.js';
import type { FallbackOptions } from './fallback-options.js';
import { asSpeechError, createFallbackWatch, type FallbackReport, type Miss } from './fallback-watch.js';

const code = 'SYNTHESIS_FAILED';

/** @param synthesizers - at least one. */
export function synthesizerWithFallback(
  synthesizers: readonly Synthesizer[],
  options: FallbackOptions,
): Synthesizer & { readonly reports$: Observable<FallbackReport> } {
  const { answerMs, lastAnswerMs, scheduler } = options;
  const [first] = synthesizers as readonly [Synthesizer, ...Synthesizer[]];
  const names = synthesizers.map(({ engine, voice }, index) => options.names[index] ?? `${engine}/${voice}`);
  const watch = createFallbackWatch(names, code, options);

  const asError = (error: unknown, index: number): VoiceError =>
    error instanceof TimeoutError
      ? new SpeechError(code, `${names[index]} gave no audio in time; another one is asked`, {
          retryable: true,
          cause: error,
        })
      : asSpeechError(error, code, names[index] ?? '');
  const speech = (index: number, text: string, firstMs: number): Observable<AudioFrame> =>
    defer(() => (synthesizers[index] as Synthesizer).synthesize(text)).pipe(
      filter(({ samplesPerChannel }) => samplesPerChannel > 0),
      timeout({ first: firstMs, each: lastAnswerMs, scheduler }),
      throwIfEmpty(() => new SpeechError(code, `${names[index]} gave no audio; check it`)),
    );

  /** Nobody waits for it. It is over by itself within `answerMs`. */
  const probe = (text: string) => {
    for (const index of watch.probes()) {
      speech(index, text, answerMs)
        .pipe(take(1))
        .subscribe({
          next: () => watch.probed(index, 'answered'),
          error: (error) => watch.probed(index, asError(error, index)),
        });
    }
  };
  const attempt = (
    text: string,
    order: readonly number[],
    n: number,
    misses: readonly Miss[],
  ): Observable<AudioFrame> => {
    const index = order[n];
    if (index === undefined) return throwError(() => watch.allFailed(misses));
    const { format } = synthesizers[index] as Synthesizer;
    return defer(() => {
      let hasBegun = false;
      return speech(index, text, n === order.length - 1 ? lastAnswerMs : answerMs).pipe(
        tap(() => {
          if (!hasBegun) watch.answered(index, misses);
          hasBegun = true;
        }),
        sameFormat(format, first.format) ? identity : convertTo(first.format),
        catchError((error: unknown) => {
          const said = asError(error, index);
          if (!hasBegun) {
            const reason = error instanceof TimeoutError ? 'late' : 'failed';
            return attempt(text, order, n + 1, [...misses, { index, reason, error: said }]);
          }
          watch.brokeOff(index, said);
          return throwError(() => said);
        }),
      );
    });
  };

  return {
    format: first.format,
    engine: [...new Set(synthesizers.map(({ engine }) => engine))].join(' or '),
    voice: first.voice,
    speed: first.speed,
    reports$: watch.reports$,
    synthesize: (text) =>
      defer(() => {
        let isSpoken = false;
        return attempt(text, watch.order(), 0, []).pipe(
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
  };
}
