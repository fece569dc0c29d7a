import { join } from 'node:path';
import {
  catchError,
  concatMap,
  defer,
  Observable,
  type SchedulerLike,
  Subject,
  startWith,
  throwError,
} from 'rxjs';
import { integerIn, nonEmptyString, resolveOptions } from '../../core/options.js';
import type { ControlReport } from '../../core/ports/control-report.js';
import type { Indicator, Light } from '../../core/ports/indicator.js';
import { requireScheduler } from './checks.js';
import type { GpioLightLines } from './gpio-lights.js';
import { keepOpen } from './keep-open.js';
import { type Led, ledColours, ledError, openLed, setLed } from './led-file.js';

/** Which lights of the kernel are meant. @public */
export interface LedLightsOptions {
  /** Their names, as in `/sys/class/leds`; `white` is for a light of one colour. Required: one at least. */
  readonly leds: GpioLightLines;
  /** Where the kernel shows them. @defaultValue '/sys/class/leds' */
  readonly folder: string;
  /** The longest wait before lights that were lost are tried again. Units: ms. Range: 250..600000. @defaultValue 10000 */
  readonly maxReopenDelayMs: number;
}

/** @public */
export const defaultLedLightsOptions = {
  leds: {},
  folder: '/sys/class/leds',
  maxReopenDelayMs: 10_000,
} as const satisfies LedLightsOptions;

function ledProblems({ leds }: LedLightsOptions): readonly string[] {
  if (typeof leds !== 'object' || leds === null) return ['leds must be an object'];
  const entries = Object.entries(leds).filter(([, name]) => name !== undefined);
  if (entries.length === 0) return [`leds must have at least one of ${ledColours.join(', ')}`];
  return entries.flatMap(([colour, name]) => {
    if (!(ledColours as readonly string[]).includes(colour))
      return [`leds.${colour} is none of ${ledColours.join(', ')}`];
    const isName = typeof name === 'string' && /^[^/\0]{1,64}$/.test(name) && !/^\.{1,2}$/.test(name);
    return isName ? [] : [`leds.${colour} must be a name in /sys/class/leds, but is ${String(name)}`];
  });
}

const dark: Light = { indication: 'off', red: 0, green: 0, blue: 0 };

/**
 * Lights that the kernel drives: one on a pin that `/boot/firmware/config.txt` gives to it (`dtoverlay=gpio-led,gpio=27,label=earshot`),
 * those of a board (`ACT`), of a HAT or of a USB device.
 *
 * @remarks
 * Linux. No program and no native code: a change is a few bytes into a file. With shades where the hardware has them (`pwm-leds`).
 * The account must be allowed to write `brightness` and `trigger`.
 * What changes while a write is under way is left out, but for the last.
 *
 * `show` errors with `DeviceError`: `DEVICE_NOT_FOUND` (from the beginning), `DEVICE_PERMISSION_DENIED`.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function ledLights(
  options: { readonly scheduler: SchedulerLike } & Partial<LedLightsOptions>,
): Indicator {
  const { scheduler, ...given } = options;
  requireScheduler('ledLights', scheduler);
  const { leds, folder, maxReopenDelayMs } = resolveOptions<LedLightsOptions>(
    'ledLights',
    defaultLedLightsOptions,
    given,
    { folder: nonEmptyString, maxReopenDelayMs: integerIn(250, 600_000, 'ms') },
    ledProblems,
  );
  const wired = ledColours.flatMap((colour): Led[] => {
    const name = leds[colour];
    return name === undefined ? [] : [{ colour, path: join(folder, name) }];
  });
  const label = `the light ${wired.map(({ path }) => path).join(', ')}`;

  /** Shows what is wanted for as long as it is subscribed, and then nothing. Writes never overlap. */
  const hold = (wanted: () => Light, changed$: Observable<void>, opened: () => void) =>
    defer(() => Promise.all(wired.map(openLed))).pipe(
      catchError((error) => throwError(() => ledError(label, error, false))),
      concatMap(
        (open) =>
          new Observable<never>((subscriber) => {
            opened();
            let shown: Light | undefined;
            let isBusy = false;
            const show = async () => {
              if (isBusy) return;
              isBusy = true;
              try {
                for (let next = aim(); next !== shown; next = aim()) {
                  shown = next;
                  for (const led of open) await setLed(led, next);
                }
              } catch (error) {
                subscriber.error(ledError(label, error, true));
              } finally {
                isBusy = false;
              }
            };
            const aim = () => (subscriber.closed ? dark : wanted());
            subscriber.add(() => void show());
            subscriber.add(changed$.pipe(startWith(undefined)).subscribe(() => void show()));
          }),
      ),
    );

  return {
    show: (lights$) =>
      new Observable<ControlReport>((subscriber) => {
        let light = dark;
        const changed$ = new Subject<void>();
        subscriber.add(
          keepOpen(
            (opened) => hold(() => light, changed$, opened),
            maxReopenDelayMs,
            scheduler,
            (report) => subscriber.next(report),
          ).subscribe({ error: (error) => subscriber.error(error) }),
        );
        subscriber.add(
          lights$.subscribe({
            next: (next) => {
              light = next;
              changed$.next();
            },
            error: (error) => subscriber.error(error),
            complete: () => subscriber.complete(),
          }),
        );
      }),
  };
}
