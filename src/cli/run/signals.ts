import { isatty } from 'node:tty';
import { fromEvent, map, merge, type Observable, share } from 'rxjs';

/** What somebody outside wants of the program. `hangup`: its terminal was closed. */
export type Wish = 'finish' | 'cut' | 'hangup' | 'reload';

/** Where signals come from: `process`. */
export interface SignalSource {
  on(signal: string, listener: () => void): unknown;
  off(signal: string, listener: () => void): unknown;
}

/**
 * Signals as wishes: SIGTERM to finish, SIGINT to cut, SIGHUP to read the config anew, or to cut where it comes because the terminal was closed.
 *
 * @remarks
 * While it is subscribed to, none of them ends the program by itself.
 * @param isTerminal - whether a file of the process is one, now.
 */
export function wishesOf(
  source: SignalSource,
  isTerminal: (file: number) => boolean = isatty,
): Observable<Wish> {
  const terminals = [0, 1, 2].filter(isTerminal);
  const isHungUp = () => terminals.length > 0 && !terminals.some(isTerminal);
  const signal = (name: string, wish: () => Wish) =>
    fromEvent({ on: source.on.bind(source), off: source.off.bind(source) } as never, name).pipe(map(wish));
  return merge(
    signal('SIGTERM', () => 'finish'),
    signal('SIGINT', () => 'cut'),
    signal('SIGHUP', () => (isHungUp() ? 'hangup' : 'reload')),
  ).pipe(share());
}
