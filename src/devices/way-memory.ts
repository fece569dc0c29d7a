import { Observable, type SchedulerLike } from 'rxjs';
import type { DeviceBackend } from './choose-backend.js';

/** Remembers the sound server that devices were opened through. */
export interface WayMemory {
  /** The way to stay with for now, whether its server answers or not. */
  readonly current: DeviceBackend | undefined;
  /** What is opened this way, and from its first value to its end counts as open. */
  opened<T>(way: DeviceBackend): (opened$: Observable<T>) => Observable<T>;
}

/**
 * A sound server that is restarted is away for a few seconds. Whoever goes to the bare card meanwhile keeps the server from it for ever
 * after. Units: ms. Systemd starts one again within a second, a busy Raspberry Pi within ten.
 */
const loyalMs = 15_000;

/** Only servers are worth waiting for: a card that is free can be taken at any time. */
export function createWayMemory(scheduler: SchedulerLike): WayMemory {
  let server: DeviceBackend | undefined;
  let open = 0;
  let leftMs = Number.NEGATIVE_INFINITY;
  return {
    get current() {
      return open > 0 || scheduler.now() - leftMs < loyalMs ? server : undefined;
    },
    opened: (way) => (opened$) =>
      way.api !== 'pulse'
        ? opened$
        : new Observable((subscriber) => {
            let counts = false;
            // Before the subscriber hears of an end, because he may open again in the same breath.
            const leave = (): void => {
              if (!counts) return;
              counts = false;
              open -= 1;
              leftMs = scheduler.now();
            };
            subscriber.add(leave);
            subscriber.add(
              opened$.subscribe({
                next: (value) => {
                  if (!counts) {
                    counts = true;
                    server = way;
                    open += 1;
                  }
                  subscriber.next(value);
                },
                error: (error) => {
                  leave();
                  subscriber.error(error);
                },
                complete: () => {
                  leave();
                  subscriber.complete();
                },
              }),
            );
          }),
  };
}
