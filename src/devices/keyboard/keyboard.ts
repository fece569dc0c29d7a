import { emitKeypressEvents } from 'node:readline';
import { fromEvent, map, merge, Observable, share, takeWhile } from 'rxjs';
import { DeviceError, OptionError } from '../../core/errors.js';

/** The terminal, as far as keys come from it; `process.stdin` fits. @public */
export type KeyboardInput = NodeJS.ReadableStream & {
  readonly isTTY?: boolean;
  readonly isRaw?: boolean;
  setRawMode?(isRaw: boolean): unknown;
};

/** A keyboard. @public */
export interface Keyboard {
  /**
   * Each key as it is struck: `a`, `A`, `space`, `return`, `escape`, `up`, `f1`, `ctrl+c`; a key that is held repeats.
   *
   * @remarks
   * Cold: the first subscription takes the terminal, the last one to leave gives it back as it was; all share it.
   * Timing: as struck; `escape` some 500 ms later, since it may begin another key.
   * Completion: with Ctrl-C, after it was told and the terminal was given back. Nothing else happens at it: to end is the caller's to do,
   * and the next Ctrl-C ends the program as always.
   *
   * Errors with `DeviceError`: `DEVICE_NOT_FOUND` where the input is no terminal, `DEVICE_LOST` when the terminal is gone.
   */
  readonly keys$: Observable<string>;
}

interface Keypress {
  readonly name?: string | undefined;
  readonly ctrl?: boolean;
  readonly meta?: boolean;
  readonly shift?: boolean;
  readonly sequence?: string;
}

/** A name for a key, the same on every terminal. */
function nameOf({ name, ctrl = false, meta = false, shift = false, sequence = '' }: Keypress): string {
  // Digits and signs have no name of their own in some versions of Node.
  const key = name === undefined || name === '' ? sequence : name;
  const cased = shift && key.length === 1 ? key.toUpperCase() : key;
  const withShift = shift && key.length > 1 ? `shift+${cased}` : cased;
  return `${ctrl ? 'ctrl+' : ''}${meta ? 'alt+' : ''}${withShift}`;
}

/**
 * The keys of the terminal that this program was started from.
 *
 * @remarks
 * While somebody listens the terminal does not show what is typed, and Ctrl-C, Ctrl-Z and Ctrl-\ are keys. Node gives the terminal back
 * when the program ends by itself or by a signal that can be caught; after SIGKILL, type `stty sane`.
 * @param input - `process.stdin`.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function openKeyboard(input: KeyboardInput): Keyboard {
  if (typeof input?.on !== 'function')
    throw new OptionError('OPTION_INVALID', 'openKeyboard: input is no stream; give process.stdin');

  const keys$ = new Observable<string>((subscriber) => {
    if (!input.isTTY || typeof input.setRawMode !== 'function') {
      subscriber.error(
        new DeviceError(
          'DEVICE_NOT_FOUND',
          'the keyboard is not there: standard input is no terminal; start the program from one, or take a button',
        ),
      );
      return undefined;
    }
    const wasRaw = input.isRaw ?? false;
    const lost = (how: string, cause?: unknown) =>
      new DeviceError(
        'DEVICE_LOST',
        `the keyboard was lost: the terminal ${how}; start again from a new one`,
        { cause },
      );
    const gone$ = merge(
      fromEvent(input, 'end').pipe(map(() => lost('was closed'))),
      fromEvent(input, 'close').pipe(map(() => lost('was closed'))),
      fromEvent(input, 'error').pipe(map((cause) => lost('failed', cause))),
    );

    emitKeypressEvents(input);
    try {
      input.setRawMode(true);
    } catch (cause) {
      subscriber.error(lost('does not give its keys away', cause));
      return undefined;
    }
    let isOurs = true;
    const giveBack = () => {
      if (!isOurs) return;
      isOurs = false;
      try {
        input.setRawMode?.(wasRaw);
      } catch {
        // A terminal that is gone needs nothing back.
      }
      // Or the program would stay for keys that nobody reads.
      input.pause();
    };
    subscriber.add(giveBack);
    subscriber.add(
      gone$.subscribe((error) => {
        giveBack();
        subscriber.error(error);
      }),
    );
    const pressed$ = fromEvent(input, 'keypress', (_text: unknown, key: Keypress) => nameOf(key));
    subscriber.add(
      pressed$.pipe(takeWhile((key) => key !== 'ctrl+c', true)).subscribe({
        next: (key) => subscriber.next(key),
        complete: () => {
          giveBack();
          subscriber.complete();
        },
      }),
    );
    input.resume();
    return undefined;
  });

  return { keys$: keys$.pipe(share()) };
}
