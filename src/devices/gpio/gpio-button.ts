import {
  concat,
  defer,
  distinctUntilChanged,
  EMPTY,
  merge,
  Observable,
  of,
  type SchedulerLike,
  Subject,
  shareReplay,
  switchMap,
} from 'rxjs';
import { debounceLevel } from '../../core/controls/debounce-level.js';
import { DeviceError } from '../../core/errors.js';
import { integerIn, oneOf, resolveOptions } from '../../core/options.js';
import type { Button } from '../../core/ports/button.js';
import type { ControlReport } from '../../core/ports/control-report.js';
import { biasCheck, environmentCheck, lineCheck, requireScheduler } from './checks.js';
import { gpioError } from './gpio-errors.js';
import { findLines, type GpioTools, type LineName, parseLine, readArgs, watchArgs } from './gpio-lines.js';
import { askGpio, type Environment, startGpioProgram } from './gpio-program.js';
import { keepOpen } from './keep-open.js';

/** How a button is wired. @public */
export interface GpioButtonOptions {
  /** The line it is on, as `gpioinfo` names it (`GPIO17`), or chip and number (`gpiochip0:17`). Required. */
  readonly line: string;
  /**
   * `push`: down while it is held, and never down when it is opened or lost, so that a stuck wire opens no microphone. `switch`: stays
   * where it is put; its state is read when it is opened, and it counts as down until then and while it is lost, so that a switch
   * that mutes fails to the safe side.
   * @defaultValue 'push'
   */
  readonly kind: 'push' | 'switch';
  /** Whether the line is low while it is down: wired to ground, as in our picture. @defaultValue true */
  readonly activeLow: boolean;
  /** The resistor inside the chip. `as-is` where there is one outside. @defaultValue 'pull-up' */
  readonly bias: 'pull-up' | 'pull-down' | 'disable' | 'as-is';
  /**
   * Longer than the contact bounces. Units: ms. Range: 1..500.
   * @defaultValue 30: push-buttons bounce for 1 to 10 ms, worn ones for 20; a press is told at once all the same
   */
  readonly debounceMs: number;
  /** The longest wait before a line that was lost is tried again. Units: ms. Range: 250..600000. @defaultValue 10000 */
  readonly maxReopenDelayMs: number;
  /** Environment of the programs, beside the one of this process. @defaultValue {} */
  readonly env: Environment;
}

/** @public */
export const defaultGpioButtonOptions = {
  line: '',
  kind: 'push',
  activeLow: true,
  bias: 'pull-up',
  debounceMs: 30,
  maxReopenDelayMs: 10_000,
  env: {},
} as const satisfies GpioButtonOptions;

/** A button on a pin. @public */
export interface GpioButton extends Button {
  readonly reports$: Observable<ControlReport>;
}

/** `gpiomon` says nothing when it has begun, unless it is asked for a banner, which version 1 has not. Units: ms. */
const countsAsOpenAfterMs = 500;
/** Nobody presses so often: a wire that floats picks up the mains, or a program runs wild. */
const mostEdgesPerSecond = 1000;

/**
 * A button on a pin of a Raspberry Pi, or of any other board or adapter with a GPIO chip.
 *
 * @remarks
 * Linux, with the programs of libgpiod (1.6 or 2; Raspberry Pi OS has them, `apt install gpiod` elsewhere) and `setpriv` of util-linux.
 * No native code; nothing is opened before somebody subscribes.
 *
 * `pressed$` errors with `DeviceError`: `DEVICE_NOT_FOUND` (there from the beginning), `DEVICE_PERMISSION_DENIED`, `DEVICE_BACKEND`
 * (a program that is not installed). `DEVICE_BUSY` and the loss of a line that was open are reports, and it is opened again.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function gpioButton(
  options: { readonly scheduler: SchedulerLike } & Partial<GpioButtonOptions>,
): GpioButton {
  const { scheduler, ...given } = options;
  requireScheduler('gpioButton', scheduler);
  const { line, kind, activeLow, bias, debounceMs, maxReopenDelayMs, env } =
    resolveOptions<GpioButtonOptions>('gpioButton', defaultGpioButtonOptions, given, {
      line: lineCheck,
      kind: oneOf('push', 'switch'),
      activeLow: oneOf(true, false),
      bias: biasCheck,
      debounceMs: integerIn(1, 500, 'ms'),
      maxReopenDelayMs: integerIn(250, 600_000, 'ms'),
      env: environmentCheck,
    });
  const name = parseLine(line) as LineName;
  const label = `the button on ${line}`;
  const wiring = [`--bias=${bias}`, ...(activeLow ? ['--active-low'] : [])];
  const whenUnknown = kind === 'switch';
  const reports$ = new Subject<ControlReport>();

  const read = (tools: GpioTools): Observable<boolean> =>
    askGpio('gpioget', readArgs(tools, wiring), env, 10_000, scheduler).pipe(
      switchMap((answer) => {
        const [value] = answer.lines;
        if (answer.code === 0 && (value === '0' || value === '1')) return of(value === '1');
        throw gpioError(label, 'gpioget', answer);
      }),
    );

  const watch = (tools: GpioTools, opened: () => void) =>
    new Observable<boolean>((subscriber) => {
      let isOpen = false;
      let sinceMs = scheduler.now();
      let edges = 0;
      const open = () => {
        if (isOpen) return;
        isOpen = true;
        opened();
      };
      const onLine = (text: string) => {
        open();
        // Both versions name the edge; the banner of version 2 names none.
        const [edge] = /\b(rising|falling)\b/i.exec(text) ?? [];
        if (edge === undefined) return;
        const nowMs = scheduler.now();
        if (nowMs - sinceMs >= 1000) [sinceMs, edges] = [nowMs, 0];
        edges += 1;
        if (edges > mostEdgesPerSecond) subscriber.error(flooded(label));
        else subscriber.next(edge.toLowerCase() === 'rising');
      };
      const program = startGpioProgram(
        { command: 'gpiomon', args: watchArgs(tools, wiring), env, stays: true },
        onLine,
        (end) => subscriber.error(gpioError(label, 'gpiomon', end, isOpen)),
      );
      const opening = scheduler.schedule(open, countsAsOpenAfterMs);
      return () => {
        opening.unsubscribe();
        program.kill();
      };
    });

  const follow = (opened: () => void) =>
    findLines(label, [name], env, scheduler).pipe(
      switchMap((tools) =>
        concat(kind === 'switch' ? read(tools) : EMPTY, watch(tools, opened)).pipe(
          debounceLevel(debounceMs, scheduler),
        ),
      ),
    );
  const pressed$ = defer(() => {
    const lost$ = new Subject<boolean>();
    const levels$ = keepOpen(follow, maxReopenDelayMs, scheduler, (report) => {
      if (report.type === 'lost') lost$.next(whenUnknown);
      reports$.next(report);
    });
    return merge(of(whenUnknown), lost$, levels$);
  });

  return {
    pressed$: pressed$.pipe(distinctUntilChanged(), shareReplay({ bufferSize: 1, refCount: true })),
    reports$: reports$.asObservable(),
  };
}

function flooded(label: string): DeviceError {
  return new DeviceError(
    'DEVICE_BACKEND',
    `${label} changed more than ${mostEdgesPerSecond} times in a second; see that it is wired to ground or to 3.3 V when it is down, and set bias`,
    { retryable: true },
  );
}
