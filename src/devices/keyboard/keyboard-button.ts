import {
  distinctUntilChanged,
  filter,
  Observable,
  type SchedulerLike,
  Subscription,
  shareReplay,
} from 'rxjs';
import { OptionError } from '../../core/errors.js';
import { integerIn, nonEmptyString, oneOf, resolveOptions } from '../../core/options.js';
import type { Button } from '../../core/ports/button.js';
import type { Keyboard } from './keyboard.js';

/** How a key stands in for a button. @public */
export interface KeyboardButtonOptions {
  /** Which key, as `keys$` names it. @defaultValue 'space' */
  readonly key: string;
  /**
   * A terminal tells when a key is struck, and never when it is let go. `toggle`: a stroke presses, the next one releases. `hold`: it is
   * pressed for as long as it repeats; a short stroke then lasts for `firstRepeatMs`.
   * @defaultValue 'toggle': how soon a key repeats, and whether it does, is a setting of whoever sits there
   */
  readonly mode: 'toggle' | 'hold';
  /** With `hold`: by when a key that is held has repeated for the first time. Units: ms. Range: 100..5000. @defaultValue 700: X waits for 660, Linux for 250 */
  readonly firstRepeatMs: number;
  /** With `hold`: by when it has repeated again. Units: ms. Range: 30..1000. @defaultValue 150: X repeats each 40, Linux each 92 */
  readonly repeatMs: number;
  /**
   * With `toggle`: strokes that come sooner are the key repeating. Units: ms. Range: 0..1000.
   * @defaultValue 200: more than a key that repeats takes, and less than two strokes on purpose
   */
  readonly ignoreRepeatsMs: number;
}

/** @public */
export const defaultKeyboardButtonOptions = {
  key: 'space',
  mode: 'toggle',
  firstRepeatMs: 700,
  repeatMs: 150,
  ignoreRepeatsMs: 200,
} as const satisfies KeyboardButtonOptions;

/** What a key needs besides. @public */
export interface KeyboardButtonParts {
  readonly keyboard: Keyboard;
  /** The pipeline's clock: `monotonicScheduler()` of earshot/devices/clock. */
  readonly scheduler: SchedulerLike;
}

/**
 * A key as a button: to talk, or by `toggledBy` to mute.
 *
 * @remarks
 * `pressed$` emits false at once. Completion: with the keys, released first. Errors as `keys$` does, released first.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function keyboardButton(options: KeyboardButtonParts & Partial<KeyboardButtonOptions>): Button {
  const { keyboard, scheduler, ...given } = options;
  if (typeof keyboard?.keys$?.subscribe !== 'function' || typeof scheduler?.schedule !== 'function')
    throw new OptionError(
      'OPTION_INVALID',
      'keyboardButton: keyboard or scheduler is missing; give openKeyboard(process.stdin) and monotonicScheduler()',
    );
  const { key, mode, firstRepeatMs, repeatMs, ignoreRepeatsMs } = resolveOptions<KeyboardButtonOptions>(
    'keyboardButton',
    defaultKeyboardButtonOptions,
    given,
    {
      key: nonEmptyString,
      mode: oneOf('toggle', 'hold'),
      firstRepeatMs: integerIn(100, 5000, 'ms'),
      repeatMs: integerIn(30, 1000, 'ms'),
      ignoreRepeatsMs: integerIn(0, 1000, 'ms'),
    },
  );

  const pressed$ = new Observable<boolean>((subscriber) => {
    let isDown = false;
    let letGo = Subscription.EMPTY;
    let lastMs = Number.NEGATIVE_INFINITY;
    const set = (down: boolean) => {
      isDown = down;
      subscriber.next(down);
    };
    const struck = () => {
      const nowMs = scheduler.now();
      const sinceMs = nowMs - lastMs;
      lastMs = nowMs;
      if (mode === 'toggle') {
        if (sinceMs >= ignoreRepeatsMs) set(!isDown);
        return;
      }
      letGo.unsubscribe();
      letGo = scheduler.schedule(() => set(false), isDown ? repeatMs : firstRepeatMs);
      if (!isDown) set(true);
    };

    set(false);
    subscriber.add(() => letGo.unsubscribe());
    subscriber.add(
      keyboard.keys$.pipe(filter((name) => name === key)).subscribe({
        next: struck,
        error: (error) => {
          if (isDown) set(false);
          subscriber.error(error);
        },
        complete: () => {
          if (isDown) set(false);
          subscriber.complete();
        },
      }),
    );
  });
  return { pressed$: pressed$.pipe(distinctUntilChanged(), shareReplay({ bufferSize: 1, refCount: true })) };
}
