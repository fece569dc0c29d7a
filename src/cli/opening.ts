import {
  defer,
  type MonoTypeOperatorFunction,
  retry,
  type SchedulerLike,
  tap,
  throwError,
  timeout,
  timer,
} from 'rxjs';
import { DeviceError, isVoiceError } from '../index.js';

/** How long a device may take until something comes of it: some sound cards, and a sound server that is only just waking. Units: ms. */
export const openWithinMs = 8000;
/** Units: ms. */
const retryAfterMs = 500;

/**
 * Wait for a device that is tried, and open it once more where that may help, as a loop does.
 *
 * @remarks Errors with `DEVICE_BACKEND` where nothing comes in time.
 * @param label - for people, as `the microphone`.
 * @param withinMs - until the first value.
 */
export function untilOpen<T>(
  label: string,
  scheduler: SchedulerLike,
  withinMs = openWithinMs,
): MonoTypeOperatorFunction<T> {
  return (source$) =>
    defer(() => {
      let hasBegun = false;
      return source$.pipe(
        tap(() => {
          hasBegun = true;
        }),
        retry({
          count: 1,
          delay: (error) =>
            !hasBegun && isVoiceError(error) && error.retryable
              ? timer(retryAfterMs, scheduler)
              : throwError(() => error),
        }),
        timeout({ first: withinMs, scheduler, with: () => throwError(() => nothingCame(label)) }),
      );
    });
}

/** What is wrong with a device of which nothing comes. */
const nothingCame = (label: string): DeviceError =>
  new DeviceError(
    'DEVICE_BACKEND',
    `${label} did not get going within ${openWithinMs / 1000} s; see who else uses it (a running earshot does), and try earshot devices --test`,
    { retryable: true },
  );
