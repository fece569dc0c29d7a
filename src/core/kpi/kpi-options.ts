import { integerIn, numberIn, resolveOptions } from '../options.js';

/** Of how many a figure is taken, and from where on it is an alert. @public */
export interface KpiOptions {
  /**
   * Of how many of the newest measurements a percentile is taken. Range: 1..100000. The fewest of which a 95th percentile has ten
   * measurements above it. @defaultValue 200
   */
  readonly windowCount: number;
  /** Of how many of the newest turns a share is taken. Range: 1..100000. As many as voices and transcribers count theirs of. @defaultValue 50 */
  readonly shareCount: number;
  /** Turns that have to be there before a share is an alert. Range: 1..100000. Two of the first three say little. @defaultValue 10 */
  readonly minShareCount: number;
  /** An answer heard later than this after the end of the user's speech is critical. Units: ms. Range: 100..600000. People take three seconds of silence for a broken line. @defaultValue 3000 */
  readonly maxReplyHeardMs: number;
  /** A voice whose first sound comes later than this is a warning. Units: ms. Range: 1..600000. Twice of what a voice over the network is meant to take. @defaultValue 500 */
  readonly maxSynthesisMs: number;
  /** More turns than this in which something stood in are an error. Range: 0..1. Twice of what is meant to be. @defaultValue 0.1 */
  readonly maxFallbackShare: number;
}

/** @public */
export const defaultKpiOptions = {
  windowCount: 200,
  shareCount: 50,
  minShareCount: 10,
  maxReplyHeardMs: 3000,
  maxSynthesisMs: 500,
  maxFallbackShare: 0.1,
} as const satisfies KpiOptions;

/** @throws OptionError `OPTION_INVALID`. */
export function resolveKpiOptions(options: Partial<KpiOptions>): KpiOptions {
  return resolveOptions<KpiOptions>(
    'measureConversation',
    defaultKpiOptions,
    options,
    {
      windowCount: integerIn(1, 100_000),
      shareCount: integerIn(1, 100_000),
      minShareCount: integerIn(1, 100_000),
      maxReplyHeardMs: integerIn(100, 600_000, 'ms'),
      maxSynthesisMs: integerIn(1, 600_000, 'ms'),
      maxFallbackShare: numberIn(0, 1),
    },
    ({ minShareCount, shareCount }) =>
      minShareCount > shareCount
        ? [
            `minShareCount (${minShareCount}) must not be above shareCount (${shareCount}), or no share is ever an alert`,
          ]
        : [],
  );
}
