import {
  concat,
  defer,
  ignoreElements,
  type Observable,
  of,
  type SchedulerLike,
  take,
  takeWhile,
} from 'rxjs';

/**
 * Try one that is down while nobody waits for it. One that had to start first, as an engine that died or was idle, is asked a second time, and that
 * time it has to answer as fast as it would have to if somebody waited: who started only for this is well, who is always late is not.
 *
 * @param ask - asks it, and errors when it gives nothing for so long.
 * @returns emits once when it is well, and errors with what it failed with.
 */
export function tryAgain(
  ask: (waitMs: number) => Observable<unknown>,
  answerMs: number,
  startMs: number,
  scheduler: SchedulerLike,
): Observable<unknown> {
  return defer(() => {
    const askedMs = scheduler.now();
    let isWell = false;
    const isToGoOn = () => {
      isWell ||= scheduler.now() - askedMs <= answerMs;
      return !isWell;
    };
    return concat(
      // To its end where it was late: what is given up in the middle keeps an engine busy.
      ask(Math.max(answerMs, startMs)).pipe(takeWhile(isToGoOn, true), ignoreElements()),
      defer(() => (isWell ? of(true) : ask(answerMs))),
    ).pipe(take(1));
  });
}
