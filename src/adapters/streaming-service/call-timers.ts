import type { SchedulerLike, Subscription } from 'rxjs';

type TimerName = 'deadline' | 'patience';

/** The timers of one call. */
export interface CallTimers {
  /** Starts a timer, in the place of the one with the same name. */
  start(name: TimerName, afterMs: number, work: () => void): void;
  /** One of them, or all. */
  stop(name?: TimerName): void;
}

/** Restarted timers, and no reading of a clock: a device without one of its own jumps by years when it gets the time. */
export function createCallTimers(scheduler: SchedulerLike): CallTimers {
  const running = new Map<TimerName, Subscription>();
  return {
    start(name, afterMs, work) {
      running.get(name)?.unsubscribe();
      running.set(
        name,
        scheduler.schedule(() => work(), afterMs),
      );
    },
    stop(name) {
      for (const [key, timer] of running) {
        if (name !== undefined && name !== key) continue;
        timer.unsubscribe();
        running.delete(key);
      }
    },
  };
}
