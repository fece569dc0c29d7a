import { type MonoTypeOperatorFunction, Observable, type SchedulerLike, Subscription } from 'rxjs';

/**
 * A contact without its bouncing.
 *
 * @remarks
 * ```
 * in   --1010-1-------0---
 * out  --1------------0---   a change is told at once, and then nothing for holdMs
 * ```
 * A change counts at once, so that a press is not late by the time of its bouncing. For `holdMs` after it nothing is told; what the
 * contact says at the end of them counts. Only changes are told.
 * Completion: when the source completes; a change that was held back is told first.
 * @param holdMs - longer than the contact bounces. Units: ms.
 * @internal
 */
export function debounceLevel(holdMs: number, scheduler: SchedulerLike): MonoTypeOperatorFunction<boolean> {
  return (source$) =>
    new Observable((subscriber) => {
      let told: boolean | undefined;
      let latest: boolean | undefined;
      let isHolding = false;
      let holding = Subscription.EMPTY;

      const tell = () => {
        isHolding = latest !== undefined && latest !== told;
        if (latest === undefined || latest === told) return;
        told = latest;
        holding = scheduler.schedule(tell, holdMs);
        subscriber.next(told);
      };
      subscriber.add(() => holding.unsubscribe());
      subscriber.add(
        source$.subscribe({
          next: (level) => {
            latest = level;
            if (!isHolding) tell();
          },
          error: (error) => subscriber.error(error),
          complete: () => {
            tell();
            subscriber.complete();
          },
        }),
      );
    });
}
