import { asyncScheduler, type SchedulerLike } from 'rxjs';
import { integerIn, oneOf, resolveOptions } from '../options.js';

/**
 * How a loop ends.
 *
 * - `finish`: the exchange under way comes to its end: who speaks is listened to and answered, and a reply is heard. Nothing new begins.
 * - `cut`: at once, as a barge-in ends what the agent says.
 * @public
 */
export type Ending = 'finish' | 'cut';

/** How a loop is stopped, and exchanged for another. @public */
export interface OperationOptions {
  /** Clock and timers, the one of the pipelines. @defaultValue asyncScheduler */
  readonly scheduler: SchedulerLike;
  /** How it is stopped unless a stop says otherwise. @defaultValue 'finish' */
  readonly ending: Ending;
  /** How long an exchange may take to finish; then it is cut. Units: ms. Range: 0..3600000. The `TimeoutStopSec` of a unit has to be longer. @defaultValue 20000 */
  readonly finishWithinMs: number;
  /**
   * How long a cut may take: the loudspeaker fades, and the service is told what was heard. Units: ms. Range: 0..10000. A fade takes 8 ms, a
   * sound server holds 20 to 70 ms, and the way to a service and back takes 50 to 200 ms. @defaultValue 300
   */
  readonly cutWithinMs: number;
  /** How long a moment between two turns is waited for; then the exchange under way is cut. Units: ms. Range: 0..86400000. @defaultValue 120000 */
  readonly swapWithinMs: number;
  /** How long nobody has had the floor, nor begun to speak, for it to be such a moment. Units: ms. Range: 0..60000. People pause for some 200 ms between turns. @defaultValue 500 */
  readonly quietMs: number;
  /** How long a new pipeline is on trial: until both devices have opened, and at most this. When it fails meanwhile, or has not opened a device by then that the one before had, the one before takes its place again. Units: ms. Range: 0..600000. @defaultValue 15000 */
  readonly trialMs: number;
}

/** @public */
export const defaultOperationOptions = {
  scheduler: asyncScheduler,
  ending: 'finish',
  finishWithinMs: 20_000,
  cutWithinMs: 300,
  swapWithinMs: 120_000,
  quietMs: 500,
  trialMs: 15_000,
} as const satisfies OperationOptions;

/** @throws OptionError `OPTION_INVALID` */
export function resolveOperationOptions(given: Partial<OperationOptions>): OperationOptions {
  return resolveOptions<OperationOptions>('operation', defaultOperationOptions, given, {
    ending: oneOf('finish', 'cut'),
    finishWithinMs: integerIn(0, 3_600_000, 'ms'),
    cutWithinMs: integerIn(0, 10_000, 'ms'),
    swapWithinMs: integerIn(0, 86_400_000, 'ms'),
    quietMs: integerIn(0, 60_000, 'ms'),
    trialMs: integerIn(0, 600_000, 'ms'),
  });
}
