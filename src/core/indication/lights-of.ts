import { asyncScheduler, Observable, type OperatorFunction, type SchedulerLike, Subscription } from 'rxjs';
import { integerIn, numberIn, resolveOptions } from '../options.js';
import { type Indication, indications, type Light } from '../ports/indicator.js';
import {
  colouredLightPatterns,
  type LightPatterns,
  type LightStep,
  patternProblem,
} from './light-patterns.js';

/** How lights look. @public */
export interface LightOptions {
  /** The pattern of each indication. One that is left out is as in `colouredLightPatterns`. @defaultValue {} */
  readonly patterns: Partial<LightPatterns>;
  /** Of everything, for a dark room. Range: 0..1. @defaultValue 1 */
  readonly brightness: number;
  /**
   * How often a light changes while it fades. Units: ms. Range: 10..1000.
   * @defaultValue 40, as a film does; what is faster is not seen
   */
  readonly fadeStepMs: number;
  /** What keeps the time. @defaultValue asyncScheduler */
  readonly scheduler: SchedulerLike;
}

/** @public */
export const defaultLightOptions = {
  patterns: {},
  brightness: 1,
  fadeStepMs: 40,
  scheduler: asyncScheduler,
} as const satisfies LightOptions;

type Colour = Pick<LightStep, 'red' | 'green' | 'blue'>;

const between = (from: number, to: number, share: number): number => from + (to - from) * share;
const sameColour = (a: Colour, b: Colour): boolean =>
  a.red === b.red && a.green === b.green && a.blue === b.blue;

function patternProblems({ patterns }: LightOptions): readonly string[] {
  if (typeof patterns !== 'object' || patterns === null) return ['patterns must be an object'];
  const unknown = Object.keys(patterns)
    .filter((name) => !(indications as readonly string[]).includes(name))
    .map((name) => `patterns.${name} is no indication (known: ${indications.join(', ')})`);
  const wrong = indications.flatMap((indication) => {
    const problem = patterns[indication] === undefined ? undefined : patternProblem(patterns[indication]);
    return problem ? [`patterns.${indication} ${problem}`] : [];
  });
  return [...unknown, ...wrong];
}

/**
 * Show indications as light: each has a pattern, and a new one begins at once.
 *
 * @remarks
 * Order: changes only; a light that stays as it is takes no timer.
 * A new pattern fades from what is shown. A timer that comes late leaves out what should have been seen meanwhile.
 * Completion: with the indications. Cancellation: at once; no timer is left.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function lightsOf(options: Partial<LightOptions> = {}): OperatorFunction<Indication, Light> {
  const { patterns, brightness, fadeStepMs, scheduler } = resolveOptions<LightOptions>(
    'lightsOf',
    defaultLightOptions,
    options,
    { brightness: numberIn(0, 1), fadeStepMs: integerIn(10, 1000, 'ms') },
    patternProblems,
  );

  return (indications$) =>
    new Observable((subscriber) => {
      let shown: Light | undefined;
      let timer = Subscription.EMPTY;
      let played = 0;

      const emit = (indication: Indication, colour: Colour) => {
        const [red, green, blue] = [colour.red, colour.green, colour.blue].map(
          (level) => level * brightness,
        ) as [number, number, number];
        const light = { indication, red, green, blue };
        if (shown?.indication === indication && sameColour(shown, light)) return;
        shown = light;
        subscriber.next(light);
      };

      const play = (indication: Indication) => {
        const pattern = patterns[indication] ?? colouredLightPatterns[indication];
        played += 1;
        const own = played;
        let index = 0;
        let stepSinceMs = scheduler.now();
        let from: Colour =
          shown && brightness > 0
            ? { red: shown.red / brightness, green: shown.green / brightness, blue: shown.blue / brightness }
            : { red: 0, green: 0, blue: 0 };

        const go = (): void => {
          const nowMs = scheduler.now();
          for (;;) {
            const to = pattern[index] as LightStep;
            const inStepMs = nowMs - stepSinceMs;
            const isLast = pattern.length === 1;
            if (inStepMs < to.fadeMs) {
              const share = inStepMs / to.fadeMs;
              emit(indication, {
                red: between(from.red, to.red, share),
                green: between(from.green, to.green, share),
                blue: between(from.blue, to.blue, share),
              });
              wait(Math.min(fadeStepMs, to.fadeMs - inStepMs));
              return;
            }
            const lastsMs = to.fadeMs + to.holdMs;
            if (isLast || inStepMs < lastsMs) {
              emit(indication, to);
              if (!isLast) wait(lastsMs - inStepMs);
              return;
            }
            from = to;
            index = (index + 1) % pattern.length;
            // A machine that stood still does not catch up on what nobody saw.
            stepSinceMs = inStepMs > lastsMs + 1000 ? nowMs : stepSinceMs + lastsMs;
          }
        };
        const wait = (ms: number) => {
          // Whoever is told of a light may ask for another, or leave.
          if (!subscriber.closed && own === played) timer = scheduler.schedule(go, ms);
        };
        timer.unsubscribe();
        go();
      };

      subscriber.add(() => timer.unsubscribe());
      subscriber.add(
        indications$.subscribe({
          next: (indication) => {
            if (shown?.indication !== indication) play(indication);
          },
          error: (error) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    });
}
