import { integerIn, numberIn, resolveOptions } from '../options.js';

/** How audio is put out. @public */
export interface PlayoutOptions {
  /** Audio kept written ahead in the sink, against stalls of the event loop. Units: ms. Range: 20..5000. It delays neither duck nor cut. @defaultValue 120 */
  readonly leadMs: number;
  /** Audio that may wait to be heard. Units: ms. Range: 1000..3600000. Beyond it new audio is refused and counted. @defaultValue 300000 */
  readonly maxQueuedMs: number;
  /** Volume while ducked. Units: dB. Range: -60..0. Alexa-class devices use 20 dB. @defaultValue -20 */
  readonly duckGainDb: number;
  /** Ramp down into a duck. Units: ms. Range: 1..1000. Shorter ones click. @defaultValue 30 */
  readonly duckRampMs: number;
  /** Ramp back to full volume. Units: ms. Range: 1..5000. @defaultValue 120 */
  readonly restoreRampMs: number;
  /** Fade at a cut, so that it does not click. Units: ms. Range: 0..100. @defaultValue 8 */
  readonly cutRampMs: number;
  /** Longest a reply waits for the filler's next pause; then it begins in the middle of a word. Units: ms. Range: 0..2000. @defaultValue 300 */
  readonly maxHandOverMs: number;
  /** How often the position of the sink is read while something is heard. Units: ms. Range: 1..200, at most half of `leadMs`. @defaultValue 10 */
  readonly pollMs: number;
  /** A sink whose position stands still for so long with audio queued is lost. Units: ms. Range: 100..60000. @defaultValue 2000 */
  readonly stallMs: number;
}

/** @public */
export const defaultPlayoutOptions = {
  leadMs: 120,
  maxQueuedMs: 300_000,
  duckGainDb: -20,
  duckRampMs: 30,
  restoreRampMs: 120,
  cutRampMs: 8,
  maxHandOverMs: 300,
  pollMs: 10,
  stallMs: 2000,
} as const satisfies PlayoutOptions;

/** @internal */
export function resolvePlayoutOptions(given: Partial<PlayoutOptions> = {}): PlayoutOptions {
  return resolveOptions<PlayoutOptions>(
    'playout',
    defaultPlayoutOptions,
    given,
    {
      leadMs: integerIn(20, 5000, 'ms'),
      maxQueuedMs: integerIn(1000, 3_600_000, 'ms'),
      duckGainDb: numberIn(-60, 0, 'dB'),
      duckRampMs: integerIn(1, 1000, 'ms'),
      restoreRampMs: integerIn(1, 5000, 'ms'),
      cutRampMs: integerIn(0, 100, 'ms'),
      maxHandOverMs: integerIn(0, 2000, 'ms'),
      pollMs: integerIn(1, 200, 'ms'),
      stallMs: integerIn(100, 60_000, 'ms'),
    },
    (o) =>
      o.pollMs * 2 > o.leadMs
        ? [
            `pollMs (${o.pollMs}) must be at most half of leadMs (${o.leadMs}), or the sink runs dry between two looks`,
          ]
        : [],
  );
}
