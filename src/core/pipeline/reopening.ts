import { defer, type Observable, retry, throwError, timer } from 'rxjs';
import { isVoiceError, type VoiceError } from '../errors.js';
import type { PipelineSettings } from './pipeline-options.js';

/** What is opened again decides how long it may take at most. */
const longestDelays = {
  session: 'maxReopenDelayMs',
  device: 'maxDeviceReopenDelayMs',
} as const;

/**
 * Open something, and open it again with a growing delay whenever it fails in a way that may pass.
 *
 * @param kind - which of the two longest waits applies.
 * @param lost - is told of each failure and of the delay until the next attempt.
 */
export function reopening<T>(
  kind: keyof typeof longestDelays,
  open: () => Observable<T>,
  { scheduler, patience }: PipelineSettings,
  lost: (error: VoiceError, retryInMs: number) => void,
): Observable<T> {
  return defer(open).pipe(
    retry({
      resetOnSuccess: true,
      delay: (error, attempt) => {
        if (!isVoiceError(error) || !error.retryable) return throwError(() => error);
        const retryInMs = Math.min(
          patience[longestDelays[kind]],
          patience.reopenDelayMs * 2 ** (attempt - 1),
        );
        lost(error, retryInMs);
        return timer(retryInMs, scheduler);
      },
    }),
  );
}
