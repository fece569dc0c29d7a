import { performance } from 'node:perf_hooks';
import { asyncScheduler, type SchedulerAction, type SchedulerLike, type Subscription } from 'rxjs';

/** The longest delay a timer of Node takes, about 24.8 days; a longer one would fire at once. */
const longestDelayMs = 2 ** 31 - 1;

/**
 * Real time that never jumps: milliseconds since this call, for whatever takes a scheduler.
 *
 * @remarks
 * rxjs' own `asyncScheduler` tells the time of day, which leaps when the network sets a clock that has no battery.
 * Timing: delays are rounded up to whole milliseconds, because timers of Node cut the fraction off and would come early.
 * A timer can still come up to a millisecond early; a time base waits for the rest.
 * Order: as with `asyncScheduler`, on which it runs.
 * @public
 */
export function monotonicScheduler(): SchedulerLike {
  const startMs = performance.now();
  return {
    now: () => performance.now() - startMs,
    schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delayMs = 0, state?: T): Subscription {
      return asyncScheduler.schedule<T>(work, Math.min(longestDelayMs, Math.ceil(delayMs)), state);
    },
  };
}
