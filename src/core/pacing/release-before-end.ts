import { type MonoTypeOperatorFunction, Observable } from 'rxjs';

/**
 * Release something when the stream ends or is unsubscribed, once.
 *
 * @remarks
 * Order: unlike rxjs `finalize`, an error or a completion is passed on after the release, because whoever hears that a
 * device is gone may open it again in the same breath. What the release throws becomes the stream's error.
 */
export function releaseBeforeEnd<T>(release: () => void): MonoTypeOperatorFunction<T> {
  return (source) =>
    new Observable((subscriber) => {
      let released = false;
      const releaseOnce = (): void => {
        if (released) return;
        released = true;
        release();
      };
      subscriber.add(releaseOnce);
      subscriber.add(
        source.subscribe({
          next: (value) => subscriber.next(value),
          error: (error) => {
            try {
              releaseOnce();
            } catch {
              // What ended the stream says more than what then failed in clearing up after it.
            }
            subscriber.error(error);
          },
          complete: () => {
            try {
              releaseOnce();
            } catch (error) {
              subscriber.error(error);
            }
            subscriber.complete();
          },
        }),
      );
    });
}
