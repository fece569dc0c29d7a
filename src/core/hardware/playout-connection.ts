import { defer, Subject, Subscription, takeUntil } from 'rxjs';
import type { PlayoutDriver, PlayoutDriverReport } from './playout-driver.js';
import { playoutEnded } from './playout-errors.js';

/** One subscription of a driver. Nothing comes out of it any more once it is closed, whatever the driver still has to say. */
export interface PlayoutConnection {
  close(): void;
}

/** Whom a connection tells. */
export interface PlayoutConnectionEvents {
  next(report: PlayoutDriverReport): void;
  failed(error: unknown): void;
}

/**
 * Open a driver.
 *
 * @remarks
 * The driver may speak, fail, or be closed before this has returned: hence the events get the connection that they are of.
 */
export function connectPlayout(
  driver: PlayoutDriver,
  events: (connection: PlayoutConnection) => PlayoutConnectionEvents,
): PlayoutConnection {
  const closed$ = new Subject<void>();
  let subscription = Subscription.EMPTY;
  const connection: PlayoutConnection = {
    close() {
      closed$.next();
      // A driver that just failed has released the device by then, so that it can be opened again in the same breath.
      subscription.unsubscribe();
    },
  };
  const { next, failed } = events(connection);
  let isOver = false;
  closed$.subscribe(() => {
    isOver = true;
  });
  subscription = defer(() => driver.open())
    .pipe(takeUntil(closed$))
    .subscribe({
      next,
      error: failed,
      // Closing completes it too.
      complete: () => {
        if (!isOver) failed(playoutEnded(driver.label));
      },
    });
  return connection;
}
