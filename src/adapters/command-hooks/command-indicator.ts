import { asyncScheduler, Observable, type SchedulerLike, Subscription } from 'rxjs';
import { DeviceError } from '../../core/errors.js';
import { resolveOptions } from '../../core/options.js';
import type { ControlReport } from '../../core/ports/control-report.js';
import type { Indicator, Light } from '../../core/ports/indicator.js';
import { commandChecks, environmentOf, inheritedByDefault } from './command-environment.js';
import { createCommandQueue } from './command-queue.js';
import { commandProblem, fillArguments } from './hook-words.js';
import type { CommandEnd } from './run-command.js';

/** How a program shows what goes on. @public */
export interface CommandIndicatorOptions {
  /**
   * The program and its arguments. `{indication}` is replaced by what is to be shown, as `listening`; `{hex}` by its colour, as `00ff33`;
   * `{red}`, `{green}` and `{blue}` by parts of it, from 0 to 255. Required.
   */
  readonly command: readonly string[];
  /**
   * `indication`: it runs when there is something else to tell. `colour`: it runs at each change of the colour too, so that lights
   * blink; what changes while it runs is left out.
   * @defaultValue 'indication'
   */
  readonly at: 'indication' | 'colour';
  /** A run that takes longer is killed, with what it has started. Units: ms. Range: 10..600000. @defaultValue 2000 */
  readonly timeLimitMs: number;
  /** What it sees of the environment of this process. @defaultValue ["PATH", "HOME", "USER", "LANG", "TZ", "XDG_RUNTIME_DIR"] */
  readonly inherit: readonly string[];
  /** What it sees besides. @defaultValue {} */
  readonly env: Readonly<Record<string, string>>;
  /** What keeps the time. @defaultValue asyncScheduler */
  readonly scheduler: SchedulerLike;
}

/** @public */
export const defaultCommandIndicatorOptions = {
  command: [],
  at: 'indication',
  timeLimitMs: 2000,
  inherit: inheritedByDefault,
  env: {},
  scheduler: asyncScheduler,
} as const satisfies CommandIndicatorOptions;

/** Before a run that failed is tried again, at first and at most. Units: ms. */
const firstWaitMs = 1000;
const longestWaitMs = 30_000;

const dark: Light = { indication: 'off', red: 0, green: 0, blue: 0 };

function wordsOf({ indication, ...colour }: Light): Readonly<Record<string, string>> {
  const [red, green, blue] = [colour.red, colour.green, colour.blue].map((level) =>
    Math.round(level * 255),
  ) as [number, number, number];
  const hex = [red, green, blue].map((level) => level.toString(16).padStart(2, '0')).join('');
  return { indication, hex, red: String(red), green: String(green), blue: String(blue) };
}

/**
 * A program as a light: for a screen, a lamp of the house, an LED that no driver of ours knows.
 *
 * @remarks
 * Runs never overlap. What changes while one runs is left out, but for the last. At the end it runs once more, with `off`.
 * A run that fails is a `lost` report; it is tried again after a growing delay, or at the next change. `show` errors with `DeviceError` `DEVICE_BACKEND` where there is no
 * such program.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function commandIndicator(options: Partial<CommandIndicatorOptions>): Indicator {
  const { command, at, timeLimitMs, inherit, env, scheduler } = resolveOptions<CommandIndicatorOptions>(
    'commandIndicator',
    defaultCommandIndicatorOptions,
    options,
    {
      ...commandChecks,
      command: commandProblem,
      at: (value) =>
        value === 'indication' || value === 'colour' ? undefined : 'must be "indication" or "colour"',
    },
  );
  const [program, ...args] = command as readonly [string, ...string[]];
  const keyOf = ({ indication, red, green, blue }: Light) =>
    at === 'indication' ? indication : `${indication} ${red} ${green} ${blue}`;

  return {
    show: (lights$) =>
      new Observable<ControlReport>((subscriber) => {
        // One runs, one waits: the latest.
        const queue = createCommandQueue(1, 1, scheduler);
        let hasWorked = false;
        let latest = dark;
        /** What the light is known to show, or is on its way to. */
        let shown: string | undefined = keyOf(dark);
        let attempt = 0;
        let retrying = Subscription.EMPTY;

        const ended = (end: CommandEnd) => {
          if (subscriber.closed) return;
          if (end.type === 'done') {
            if (attempt > 0 || !hasWorked) subscriber.next({ type: 'opened' });
            hasWorked = true;
            attempt = 0;
            return;
          }
          const retryable = end.reason !== 'not-started';
          const error = new DeviceError(
            'DEVICE_BACKEND',
            `the light cannot be shown: ${end.detail}; try the same command by hand`,
            { retryable },
          );
          shown = undefined;
          if (!retryable) {
            subscriber.error(error);
            return;
          }
          const retryInMs = Math.min(longestWaitMs, firstWaitMs * 2 ** attempt);
          attempt = Math.min(attempt + 1, 20);
          retrying.unsubscribe();
          retrying = scheduler.schedule(() => show(latest), retryInMs);
          subscriber.next({ type: 'lost', error, retryInMs });
        };
        const show = (light: Light) => {
          latest = light;
          if (keyOf(light) === shown) return;
          shown = keyOf(light);
          retrying.unsubscribe();
          queue.add({
            lane: 0,
            call: {
              program,
              args: fillArguments(args, wordsOf(light)),
              env: environmentOf(inherit, env),
              input: null,
              timeLimitMs,
            },
            ended,
            dropped: () => undefined,
          });
        };

        // What runs or waits comes to its end by itself, each within its time limit.
        subscriber.add(() => {
          retrying.unsubscribe();
          // Where it does not work, it would not work for this either.
          if (shown !== undefined) show(dark);
        });
        subscriber.add(
          lights$.subscribe({
            next: show,
            error: (error) => subscriber.error(error),
            complete: () => subscriber.complete(),
          }),
        );
      }),
  };
}
