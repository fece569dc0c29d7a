import { fromEvent, map, merge, type Observable, share } from 'rxjs';

/** What somebody outside wants of the program. */
export type Wish = 'finish' | 'cut' | 'reload';

/** Where signals come from: `process`. */
export interface SignalSource {
  on(signal: string, listener: () => void): unknown;
  off(signal: string, listener: () => void): unknown;
}

/**
 * Signals as wishes: SIGTERM to finish, SIGINT to cut, SIGHUP to read the config anew.
 *
 * @remarks
 * While it is subscribed to, none of them ends the program by itself.
 */
export function wishesOf(source: SignalSource): Observable<Wish> {
  const signal = (name: string, wish: Wish) =>
    fromEvent({ on: source.on.bind(source), off: source.off.bind(source) } as never, name).pipe(
      map(() => wish),
    );
  return merge(signal('SIGTERM', 'finish'), signal('SIGINT', 'cut'), signal('SIGHUP', 'reload')).pipe(
    share(),
  );
}
