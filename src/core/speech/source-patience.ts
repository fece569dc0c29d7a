import {
  type MonoTypeOperatorFunction,
  Observable,
  type SchedulerLike,
  type Subscription,
  TimeoutError,
} from 'rxjs';

/** One request, as far as it waits for its source. */
interface Turn {
  /** The source did something for it: whatever was asked of the source later has not waited for itself until now. */
  sign(): void;
  /** From now on the source may take so long for it. */
  limit(limitMs: number, late: () => void): Subscription;
  /** Nobody waits for it any more. */
  over(): void;
}

/** Knows how long each request has waited for its source, and for nothing else. */
export interface SourcePatience {
  ask(): Turn;
}

/**
 * Many sources do one thing after the other: a second request is not late while the first one is being served.
 *
 * @remarks
 * A request waits from the moment when its limit is set, or from the last sign of a request that was asked before it, whichever is later.
 * Of a source that stands still all are late at the same time; what is asked later postpones nothing, so that every wait has a bound.
 */
export function createSourcePatience(scheduler: SchedulerLike): SourcePatience {
  /** In the order in which they were asked. */
  const waiting = new Set<{ sinceMs: number }>();
  return {
    ask() {
      const own = { sinceMs: scheduler.now() };
      waiting.add(own);
      const sign = () => {
        let isLater = false;
        for (const other of waiting) {
          if (isLater) other.sinceMs = scheduler.now();
          if (other === own) isLater = true;
        }
      };
      return {
        sign,
        limit(limitMs, late) {
          own.sinceMs = scheduler.now();
          return scheduler.schedule(function look() {
            const leftMs = own.sinceMs + limitMs - scheduler.now();
            if (leftMs > 0) {
              this.schedule(undefined, leftMs);
              return;
            }
            // Being given up is no sign of the source.
            waiting.delete(own);
            late();
          }, limitMs);
        },
        over() {
          sign();
          waiting.delete(own);
        },
      };
    },
  };
}

/** Errors with a `TimeoutError` when the first value takes longer than `firstMs`, as `patience` counts, or the next one longer than `pauseMs`. */
export function inTime<T>(
  patience: SourcePatience,
  scheduler: SchedulerLike,
  firstMs: number,
  pauseMs: number,
): MonoTypeOperatorFunction<T> {
  return (source$) =>
    new Observable((subscriber) => {
      const turn = patience.ask();
      const late = () => subscriber.error(new TimeoutError());
      let limit = turn.limit(firstMs, late);
      subscriber.add(() => {
        limit.unsubscribe();
        turn.over();
      });
      subscriber.add(
        source$.subscribe({
          next(value) {
            if (subscriber.closed) return;
            limit.unsubscribe();
            limit = scheduler.schedule(late, pauseMs);
            turn.sign();
            subscriber.next(value);
          },
          error: (error) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    });
}
