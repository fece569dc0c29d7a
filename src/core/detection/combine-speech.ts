import { numberIn, resolveOptions } from '../options.js';

/** What is known about speech in one window. @public */
export interface SpeechOpinions {
  /** Probability of speech in the signal that is made to be listened to: echo subtracted, the near end whole. Range: 0..1. Absent: not scored. */
  readonly first?: number | undefined;
  /** The same in the signal that is sent upstream: cleaner, but with the near end weakened while both talk. Range: 0..1. Absent: not scored. */
  readonly second?: number | undefined;
  /** How sure the canceller of the first signal is that speech in it is no echo. Range: 0..1. Absent: it does not say. */
  readonly confidence?: number | undefined;
  /** Whether what is heard may come from the loudspeaker. */
  readonly isEchoPossible: boolean;
}

/** How strict a rule must be at least, until speech is confirmed. @public */
export interface StrictnessFloor {
  /** Least probability that starts speech. Range: 0.01..1. */
  readonly startThreshold: number;
  /** Least probability that goes on with it. Range: 0..1. */
  readonly stopThreshold: number;
  /** Least speech until it is confirmed. Units: ms. Does not apply to a rule that wants none. */
  readonly minSpeechMs: number;
}

/** What the opinions about one window come to. @public */
export interface SpeechEvidence {
  /** What a suspicion is judged by: it ducks at once, and costs little when it is wrong. Range: 0..1. */
  readonly speechProbability: number;
  /**
   * How much of the window counts towards confirmation, which cuts and cannot be taken back. Range: above 0, up to 1. Never 0: a
   * suspicion that lasts is confirmed in the end, so nothing is ducked for ever.
   */
  readonly share: number;
  /** The rule must be at least so strict until speech is confirmed. */
  readonly floor?: StrictnessFloor;
}

/** How two opinions about speech become one. @public */
export interface CombinedSpeechOptions {
  /**
   * Confidence of the canceller from which its signal alone may raise a suspicion. Range: 0..1. Below 0.5 a canceller
   * asks for more evidence. @defaultValue 0.5
   */
  readonly trustedConfidence: number;
  /**
   * Weight of the second signal in a suspicion while the first is trusted. Range: 0..1. 0: the first decides alone, which is
   * what makes it fast (107 to 120 ms median, against 203 to 372 ms with both). @defaultValue 0
   */
  readonly suspicionWeight: number;
  /** Weight of the second signal where both are asked. Range: 0..1. 0.5 is the mean, which started nothing falsely in 45 minutes of echo. @defaultValue 0.5 */
  readonly secondWeight: number;
  /**
   * From this weighted probability on a window counts in full. Range: 0..1. Above what one signal can reach alone, or being certain
   * would pass for agreement: with equal weights above 0.5. @defaultValue 0.55
   */
  readonly agreementThreshold: number;
  /** How much a window counts in which only one signal holds speech. Range: 0.05..1. 0.5: it takes twice as long to confirm. @defaultValue 0.5 */
  readonly aloneShare: number;
  /** Least `startThreshold` while the first signal is not trusted, for the weighted probability. Range: 0.01..1. @defaultValue 0.6 */
  readonly doubtedStartThreshold: number;
  /** Least `stopThreshold` of speech that is not confirmed, while the first signal is not trusted. Range: 0..1, at most `doubtedStartThreshold`. @defaultValue 0.45 */
  readonly doubtedStopThreshold: number;
  /** Least `minSpeechMs` while the first signal is not trusted. Units: ms. Range: 0..5000. @defaultValue 256 */
  readonly doubtedMinSpeechMs: number;
}

/** @public */
export const defaultCombinedSpeechOptions = {
  trustedConfidence: 0.5,
  suspicionWeight: 0,
  secondWeight: 0.5,
  agreementThreshold: 0.55,
  aloneShare: 0.5,
  doubtedStartThreshold: 0.6,
  doubtedStopThreshold: 0.45,
  doubtedMinSpeechMs: 256,
} as const satisfies CombinedSpeechOptions;

/** @throws OptionError `OPTION_INVALID`. */
export function resolveCombinedSpeechOptions(
  given: Partial<CombinedSpeechOptions> = {},
): CombinedSpeechOptions {
  return resolveOptions<CombinedSpeechOptions>(
    'combined speech',
    defaultCombinedSpeechOptions,
    given,
    {
      trustedConfidence: numberIn(0, 1),
      suspicionWeight: numberIn(0, 1),
      secondWeight: numberIn(0, 1),
      agreementThreshold: numberIn(0, 1),
      aloneShare: numberIn(0.05, 1),
      doubtedStartThreshold: numberIn(0.01, 1),
      doubtedStopThreshold: numberIn(0, 1),
      doubtedMinSpeechMs: numberIn(0, 5000, 'ms'),
    },
    (o) =>
      o.doubtedStopThreshold > o.doubtedStartThreshold
        ? [
            `doubtedStopThreshold (${o.doubtedStopThreshold}) must not be above doubtedStartThreshold (${o.doubtedStartThreshold})`,
          ]
        : [],
  );
}

/**
 * The decision over two signals, for one window. Pure, without memory: windows are counted by `stepUtterance`.
 *
 * | echo | heard | confidence | a suspicion is judged by | a window counts | floor |
 * |---|---|---|---|---|---|
 * | impossible | any | any | the first, or else the second | in full | none |
 * | possible | one | not told | that one | in full | none |
 * | possible | one | trusted | that one | `aloneShare` | none |
 * | possible | first | doubted | the first | `aloneShare` | doubted |
 * | possible | both | trusted, not told | the first (`suspicionWeight`) | in full where both agree, or else `aloneShare` | none |
 * | possible | both | doubted | both (`secondWeight`) | in full where both agree, or else `aloneShare` | doubted |
 *
 * @param options - all of them, in range: they are not checked for every window.
 * @public
 */
export function combineSpeech(
  { first, second, confidence, isEchoPossible }: SpeechOpinions,
  options: CombinedSpeechOptions,
): SpeechEvidence {
  const only = first ?? second ?? 0;
  if (!isEchoPossible) return { speechProbability: only, share: 1 };
  const isDoubted = first !== undefined && confidence !== undefined && confidence < options.trustedConfidence;
  const floor = isDoubted ? { floor: floorOf(options) } : undefined;
  if (first === undefined || second === undefined) {
    return { speechProbability: only, share: confidence === undefined ? 1 : options.aloneShare, ...floor };
  }
  const both = mix(first, second, options.secondWeight);
  return {
    speechProbability: isDoubted ? both : mix(first, second, options.suspicionWeight),
    share: both >= options.agreementThreshold ? 1 : options.aloneShare,
    ...floor,
  };
}

function mix(first: number, second: number, weight: number): number {
  return (1 - weight) * first + weight * second;
}

function floorOf(options: CombinedSpeechOptions): StrictnessFloor {
  return {
    startThreshold: options.doubtedStartThreshold,
    stopThreshold: options.doubtedStopThreshold,
    minSpeechMs: options.doubtedMinSpeechMs,
  };
}
