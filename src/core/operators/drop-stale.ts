import { type MonoTypeOperatorFunction, Observable } from 'rxjs';

/**
 * Removes what a barge-in made stale.
 *
 * ```text
 * in       a1 a2    a3 b1 b2
 * stale$         a
 * out      a1 a2       b1 b2
 * ```
 *
 * @remarks
 * Order: kept. Timing: an id that was named once stays stale for as long as the operator remembers it.
 * Bound: remembers the last `maxRemembered` stale ids; the oldest is forgotten, by when nothing of it can still arrive.
 * Completes with its source; an error of either stream passes on.
 * @param idOf - names what a value belongs to; `undefined` is never stale.
 * @param stale$ - ids that are stale from now on.
 * @public
 */
export function dropStale<T>(
  idOf: (value: T) => string | undefined,
  stale$: Observable<string>,
  maxRemembered = 64,
): MonoTypeOperatorFunction<T> {
  return (source$) =>
    new Observable((subscriber) => {
      const stale = new Set<string>();
      subscriber.add(
        stale$.subscribe({
          next: (id) => {
            stale.delete(id);
            stale.add(id);
            if (stale.size > maxRemembered) stale.delete(stale.values().next().value as string);
          },
          error: (error) => subscriber.error(error),
        }),
      );
      subscriber.add(
        source$.subscribe({
          next: (value) => {
            const id = idOf(value);
            if (id === undefined || !stale.has(id)) subscriber.next(value);
          },
          error: (error) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    });
}
