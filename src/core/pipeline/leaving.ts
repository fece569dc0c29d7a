import {
  BehaviorSubject,
  combineLatest,
  filter,
  merge,
  type SchedulerLike,
  Subscription,
  switchMap,
  take,
  timer,
} from 'rxjs';

/** The end of a run: when what was cut has faded, and the service knows of it. */
export interface Leaving {
  /** The loudspeaker is silent from then on. */
  silentAt(atMs: number): void;
  /** The service has taken everything that was sent to it, or nobody is there to take it. */
  sessionOver(): void;
  /** Nothing more will be asked of either: leave when both are done, and within so long. */
  begin(withinMs: number): void;
  stop(): void;
}

export function createLeaving(scheduler: SchedulerLike, leave: () => void): Leaving {
  const silentAtMs$ = new BehaviorSubject(scheduler.now());
  const isSessionOver$ = new BehaviorSubject(false);
  let waiting = Subscription.EMPTY;

  const done$ = combineLatest([
    silentAtMs$.pipe(switchMap((atMs) => timer(Math.max(0, atMs - scheduler.now()), scheduler))),
    isSessionOver$.pipe(filter((isOver) => isOver)),
  ]);
  return {
    silentAt: (atMs) => silentAtMs$.next(atMs),
    sessionOver: () => isSessionOver$.next(true),
    begin(withinMs) {
      waiting = merge(done$, timer(withinMs, scheduler)).pipe(take(1)).subscribe(leave);
    },
    stop: () => waiting.unsubscribe(),
  };
}
