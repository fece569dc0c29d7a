import { integerIn, resolveOptions } from '../options.js';

/** When a loop that runs counts as one that does not get on. @public */
export interface WatchdogOptions {
  /**
   * How long capture, detection or playout may stand still. Units: ms. Range: 1000..600000. The pipeline itself mends what it can: a
   * silent device within `captureStallMs` (2000), a silent detector within twice that, each with half a second to open it
   * again. Two such attempts have to fit. @defaultValue 10000
   */
  readonly stuckAfterMs: number;
  /**
   * How long a device may be missing that the system says is not there, in use, or not allowed: unplugged, or a sound server that has not
   * started yet. To start the program anew brings no cable back. 0 counts it as stuck at once. Units: ms. Range: 0..86400000. Six new starts in an hour are no storm. @defaultValue 600000
   */
  readonly maxAbsenceMs: number;
  /**
   * How long a part has to work without a loss until what was before is forgotten: a device that opens, plays its queue and is lost again
   * every two seconds is stuck. Units: ms. Range: 100..60000. Must exceed `captureStallMs` and the `stallMs` of playout (2000 each). @defaultValue 5000
   */
  readonly settledAfterMs: number;
  /** How often progress is judged. Units: ms. Range: 20..10000. @defaultValue 500 */
  readonly checkEveryMs: number;
}

/** @public */
export const defaultWatchdogOptions = {
  stuckAfterMs: 10_000,
  maxAbsenceMs: 600_000,
  settledAfterMs: 5000,
  checkEveryMs: 500,
} as const satisfies WatchdogOptions;

/** @throws OptionError `OPTION_INVALID` */
export function resolveWatchdogOptions(given: Partial<WatchdogOptions>): WatchdogOptions {
  return resolveOptions<WatchdogOptions>(
    'watchdog',
    defaultWatchdogOptions,
    given,
    {
      stuckAfterMs: integerIn(1000, 600_000, 'ms'),
      maxAbsenceMs: integerIn(0, 86_400_000, 'ms'),
      settledAfterMs: integerIn(100, 60_000, 'ms'),
      checkEveryMs: integerIn(20, 10_000, 'ms'),
    },
    ({ stuckAfterMs, settledAfterMs, checkEveryMs }) => [
      ...(stuckAfterMs < 2 * checkEveryMs
        ? [`stuckAfterMs must be at least twice checkEveryMs (${checkEveryMs}), but is ${stuckAfterMs}`]
        : []),
      ...(stuckAfterMs < settledAfterMs
        ? [`stuckAfterMs must be no less than settledAfterMs (${settledAfterMs}), but is ${stuckAfterMs}`]
        : []),
    ],
  );
}
