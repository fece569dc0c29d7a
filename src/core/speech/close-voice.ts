import {
  catchError,
  defer,
  EMPTY,
  from,
  ignoreElements,
  isObservable,
  type Observable,
  type ObservableInput,
  ReplaySubject,
} from 'rxjs';
import type { ClosableSynthesizer } from './voice-rung.js';

/** Closed at once, whether somebody waits for it or not; what goes wrong with it concerns nobody any more. */
export function closeVoice(voice: ClosableSynthesizer): Observable<never> {
  const closed$ = new ReplaySubject<never>(1);
  defer(() => {
    const closing = voice.close?.();
    return isAwaitable(closing) ? from(closing) : EMPTY;
  })
    .pipe(
      ignoreElements(),
      catchError(() => EMPTY),
    )
    .subscribe(closed$);
  return closed$.asObservable();
}

const isAwaitable = (value: unknown): value is ObservableInput<unknown> =>
  isObservable(value) ||
  (typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function');
