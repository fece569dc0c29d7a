import { defer, type Observable, retry, type SchedulerLike, throwError, timer } from 'rxjs';
import { isVoiceError } from '../../core/errors.js';
import type { ControlReport } from '../../core/ports/control-report.js';

/** The first wait before something that was lost is opened again. Units: ms. */
const firstWaitMs = 250;

/**
 * Open something, and again with a growing delay whenever it is lost.
 *
 * What was not there from the beginning is a mistake in its name, which no retry mends; what was there once may come back.
 * @param open - calls what it is given when it is open, and errors with a `VoiceError`; one that is not `retryable` is passed on.
 */
export function keepOpen<T>(
  open: (opened: () => void) => Observable<T>,
  maxReopenDelayMs: number,
  scheduler: SchedulerLike,
  report: (report: ControlReport) => void,
): Observable<T> {
  return defer(() => {
    let hasWorked = false;
    let attempt = 0;
    const opened = () => {
      hasWorked = true;
      attempt = 0;
      report({ type: 'opened' });
    };
    return defer(() => open(opened)).pipe(
      retry({
        delay: (error) => {
          const mayPass = isVoiceError(error) && error.retryable;
          if (!mayPass || (error.code === 'DEVICE_NOT_FOUND' && !hasWorked)) return throwError(() => error);
          const retryInMs = Math.min(maxReopenDelayMs, firstWaitMs * 2 ** Math.min(attempt, 20));
          attempt += 1;
          report({ type: 'lost', error, retryInMs });
          return timer(retryInMs, scheduler);
        },
      }),
    );
  });
}
