import { asyncScheduler, type SchedulerLike } from 'rxjs';
import { integerIn, resolveOptions } from '../options.js';

/** When the next one is asked instead. @public */
export interface FallbackOptions {
  /**
   * How long one is waited for while there is another: a synthesizer for its first frame, a transcriber for its final transcript after the end of the utterance. Not counted is
   * the time that it spends on what it was asked before. Units: ms. Range: 10..600000.
   * People notice an answer that comes more than 2 s late. @defaultValue 2000
   */
  readonly answerMs: number;
  /**
   * How long the last one that is left is waited for, and how long a synthesizer may pause between two frames. Units: ms. Range: 10..600000.
   * Long enough for a sentence on a slow device, and below the silence after which the loop gives up a reply. @defaultValue 15000
   */
  readonly lastAnswerMs: number;
  /** Failures in a row after which one counts as down and is passed over. Range: 1..100. @defaultValue 1 */
  readonly failuresUntilDown: number;
  /**
   * After so long one that is down is tried again, beside the one that does its work, so that nobody waits for it. Twice as long after each try that
   * fails, up to `maxProbeAfterMs`. Units: ms. Range: 100..3600000. @defaultValue 10000
   */
  readonly probeAfterMs: number;
  /** Longest time between two such tries. Units: ms. Range: 100..3600000. @defaultValue 300000 */
  readonly maxProbeAfterMs: number;
  /** What each is called in reports and errors, in their order. Without it: engine and voice, or `transcriber 1`. @defaultValue none */
  readonly names: readonly string[];
  /** Gives the time. @defaultValue asyncScheduler */
  readonly scheduler: SchedulerLike;
}

/** @public */
export const defaultFallbackOptions = {
  answerMs: 2000,
  lastAnswerMs: 15_000,
  failuresUntilDown: 1,
  probeAfterMs: 10_000,
  maxProbeAfterMs: 300_000,
  names: [],
  scheduler: asyncScheduler,
} as const satisfies FallbackOptions;

/** @throws OptionError `OPTION_INVALID` */
export function resolveFallbackOptions(given: Partial<FallbackOptions>): FallbackOptions {
  return resolveOptions<FallbackOptions>('withFallback', defaultFallbackOptions, given, {
    answerMs: integerIn(10, 600_000, 'ms'),
    lastAnswerMs: integerIn(10, 600_000, 'ms'),
    failuresUntilDown: integerIn(1, 100),
    probeAfterMs: integerIn(100, 3_600_000, 'ms'),
    maxProbeAfterMs: integerIn(100, 3_600_000, 'ms'),
    names: (value) =>
      Array.isArray(value) && value.every((name) => typeof name === 'string' && name.trim() !== '')
        ? undefined
        : 'must be a list of names',
  });
}
