import { Observable, type SchedulerLike, Subject, Subscription, switchMap } from 'rxjs';
import { integerIn, numberIn, oneOf, resolveOptions } from '../../core/options.js';
import type { ControlReport } from '../../core/ports/control-report.js';
import type { Indicator, Light } from '../../core/ports/indicator.js';
import { environmentCheck, requireScheduler } from './checks.js';
import { gpioError } from './gpio-errors.js';
import { driveArgs, findLines, type GpioTools, type LineName, lineForms, parseLine } from './gpio-lines.js';
import { type Environment, type GpioProgram, startGpioProgram } from './gpio-program.js';
import { keepOpen } from './keep-open.js';

/** Which line is which colour; `white` is for a light of one colour. @public */
export interface GpioLightLines {
  readonly white?: string;
  readonly red?: string;
  readonly green?: string;
  readonly blue?: string;
}

/** How lights are wired. @public */
export interface GpioLightsOptions {
  /**
   * The lines they are on, as `gpioinfo` names them (`GPIO27`), or chip and number (`gpiochip0:27`); all on one chip. Required: one
   * at least.
   */
  readonly lines: GpioLightLines;
  /** Whether a light is on while its line is low: wired to 3.3 V. @defaultValue false */
  readonly activeLow: boolean;
  /**
   * A colour is on from this much of it on; a line is on or off, and nothing between. Range: 0..1.
   * @defaultValue 0.45: what is dim is off, and the amber of our patterns has its green
   */
  readonly threshold: number;
  /**
   * The shortest time between two changes; what comes in between is left out. Units: ms. Range: 20..10000.
   * @defaultValue 100, since each change is a program to start
   */
  readonly minChangeMs: number;
  /** The longest wait before lines that were lost are tried again. Units: ms. Range: 250..600000. @defaultValue 10000 */
  readonly maxReopenDelayMs: number;
  /** Environment of the programs, beside the one of this process. @defaultValue {} */
  readonly env: Environment;
}

/** @public */
export const defaultGpioLightsOptions = {
  lines: {},
  activeLow: false,
  threshold: 0.45,
  minChangeMs: 100,
  maxReopenDelayMs: 10_000,
  env: {},
} as const satisfies GpioLightsOptions;

const colours = ['white', 'red', 'green', 'blue'] as const;

function lineProblems({ lines }: GpioLightsOptions): readonly string[] {
  if (typeof lines !== 'object' || lines === null) return ['lines must be an object'];
  const entries = Object.entries(lines).filter(([, line]) => line !== undefined);
  if (entries.length === 0) return [`lines must have at least one of ${colours.join(', ')}`];
  const problems = entries.flatMap(([colour, line]) => {
    if (!(colours as readonly string[]).includes(colour))
      return [`lines.${colour} is none of ${colours.join(', ')}`];
    return parseLine(line) === undefined
      ? [`lines.${colour} must be ${lineForms}, but is ${String(line)}`]
      : [];
  });
  if (problems.length > 0) return problems;
  const places = new Set(entries.map(([, line]) => /^(.*):/.exec(line as string)?.[1] ?? 'by name'));
  return places.size > 1 ? ['lines must be all names, or all on one chip'] : [];
}

/** A program that holds its lines is alive after so long, or it could not take them. Units: ms. */
const countsAsOpenAfterMs = 500;

/**
 * Lights on pins of a Raspberry Pi, or of any other board or adapter with a GPIO chip: on or off, without shades.
 *
 * @remarks
 * Needs what `gpioButton` needs. For shades, and for less work, let the kernel drive the light and take `ledLights`.
 * A line keeps its level only as long as a program holds it, so a light that is on is a running `gpioset`, and each change starts it
 * anew: about 5 ms of a core of a small x86 machine.
 *
 * `show` errors with `DeviceError` as `gpioButton` does.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function gpioLights(
  options: { readonly scheduler: SchedulerLike } & Partial<GpioLightsOptions>,
): Indicator {
  const { scheduler, ...given } = options;
  requireScheduler('gpioLights', scheduler);
  const { lines, activeLow, threshold, minChangeMs, maxReopenDelayMs, env } =
    resolveOptions<GpioLightsOptions>(
      'gpioLights',
      defaultGpioLightsOptions,
      given,
      {
        activeLow: oneOf(true, false),
        threshold: numberIn(0, 1),
        minChangeMs: integerIn(20, 10_000, 'ms'),
        maxReopenDelayMs: integerIn(250, 600_000, 'ms'),
        env: environmentCheck,
      },
      lineProblems,
    );
  const wired = colours.flatMap((colour) => {
    const line = lines[colour];
    return line === undefined ? [] : [{ colour, name: parseLine(line) as LineName }];
  });
  const label = `the lights on ${wired.map(({ colour }) => lines[colour]).join(', ')}`;
  const wiring = activeLow ? ['--active-low'] : [];
  const valuesOf = (light: Light) =>
    wired.map(
      ({ colour }) =>
        (colour === 'white' ? Math.max(light.red, light.green, light.blue) : light[colour]) >= threshold,
    );
  const dark = wired.map(() => false);

  /** Holds the lines at what is wanted; errors when they are lost. Let go of, it puts the lights out. */
  const hold = (
    tools: GpioTools,
    wanted: () => readonly boolean[],
    changed$: Observable<void>,
    opened: () => void,
  ) =>
    new Observable<never>((subscriber) => {
      let program: GpioProgram | undefined;
      let held: readonly boolean[] = dark;
      let waiting = Subscription.EMPTY;
      let isWaiting = false;
      let isOpen = false;
      const opening = scheduler.schedule(() => {
        isOpen = true;
        opened();
      }, countsAsOpenAfterMs);

      const start = () => {
        held = wanted();
        isWaiting = true;
        waiting = scheduler.schedule(() => {
          isWaiting = false;
          change();
        }, minChangeMs);
        program = startGpioProgram(
          { command: 'gpioset', args: driveArgs(tools, wiring, held, true), env, stays: true },
          () => undefined,
          (end) => {
            program = undefined;
            if (subscriber.closed) putOut();
            else if (end.wasKilledByUs) start();
            else subscriber.error(gpioError(label, 'gpioset', end, isOpen));
          },
        );
      };
      const change = () => {
        if (!isWaiting && String(held) !== String(wanted())) program?.kill();
      };
      const putOut = () => {
        const call = { command: 'gpioset', args: driveArgs(tools, wiring, dark, false), env, stays: false };
        const off = startGpioProgram(
          call,
          () => undefined,
          () => timeout.unsubscribe(),
        );
        const timeout = scheduler.schedule(() => off.kill(), 1000);
      };

      subscriber.add(() => {
        opening.unsubscribe();
        waiting.unsubscribe();
        // Its line is free when it is gone, and can then be set to dark.
        program?.kill();
      });
      subscriber.add(changed$.subscribe(change));
      start();
    });

  return {
    show: (lights$) =>
      new Observable<ControlReport>((subscriber) => {
        let values: readonly boolean[] = dark;
        const changed$ = new Subject<void>();
        const holding = keepOpen(
          (opened) =>
            findLines(
              label,
              wired.map(({ name }) => name),
              env,
              scheduler,
            ).pipe(switchMap((tools) => hold(tools, () => values, changed$, opened))),
          maxReopenDelayMs,
          scheduler,
          (report) => subscriber.next(report),
        ).subscribe({ error: (error) => subscriber.error(error) });
        subscriber.add(holding);
        subscriber.add(
          lights$.subscribe({
            next: (light) => {
              values = valuesOf(light);
              changed$.next();
            },
            error: (error) => subscriber.error(error),
            complete: () => subscriber.complete(),
          }),
        );
      }),
  };
}
