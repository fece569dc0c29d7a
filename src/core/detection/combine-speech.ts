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

/** What the opinions about one window come to. @public */
export interface SpeechEvidence {
  /** What a suspicion is judged by: it ducks at once, and costs little when it is wrong. Range: 0..1. */
  readonly speechProbability: number;
  /**
   * How much of the window counts towards confirmation, which cuts and cannot be taken back. Range: above 0, up to 1. Never 0: a
   * suspicion that lasts is confirmed in the end, so nothing is ducked for ever.
   */
  readonly share: number;
  /** What speech goes on by once it is confirmed, where that is something else: a doubt does not tear it. Range: 0..1. */
  readonly confirmedProbability?: number;
  /** Least speech until it is confirmed, where the rule itself asks for less. Units: ms. */
  readonly minSpeechMs?: number;
}

/** A suspicion that lasts is confirmed in the end, however little it is trusted. */
const leastShare = 0.1;

/** How two opinions about speech become one. @public */
export interface CombinedSpeechOptions {
  /**
   * Confidence of the canceller from which its signal alone may raise a suspicion. Range: 0..1. Between 0.4 and 0.5 little changes; above, more
   * of those are missed who speak in the first seconds. @defaultValue 0.4
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
  /**
   * How much a window counts in which only one signal holds speech, while the first is trusted. Range: 0.05..1. Where a canceller tells how
   * sure it is, that is for a confidence of 1, and falls with the square of what is above `trustedConfidence`, down to 0.1. With 0.6 one of 42
   * replies was cut by an echo whose path had changed, and 2 % missed of those who spoke 12 dB under the echo; with 0.4 none and 4 %. @defaultValue 0.6
   */
  readonly aloneShare: number;
  /** The same where there is no second signal to hold anything. Range: 0.05..1. @defaultValue 0.9 */
  readonly onlyShare: number;
  /** The same while the first signal is not trusted and there is no second. Range: 0.05..1. @defaultValue 0.5 */
  readonly doubtedAloneShare: number;
  /**
   * Least `minSpeechMs` while the first signal is not trusted. Units: ms. Range: 0..5000. With 256 four of 42 replies were cut by an echo whose path had
   * just changed, with 288 one. @defaultValue 288
   */
  readonly doubtedMinSpeechMs: number;
  /**
   * How often the detectors begin afresh while it is quiet, where there is a canceller. Units: ms. Range: 0..600000; 0 is never. What a detector
   * remembers of an echo makes it slow to believe the next onset: 2000 took 23 ms off the median of a duck and 96 off that of a cut, for 0.3 false
   * ducks a minute more; 5000 is half of that, 1000 no more. @defaultValue 2000
   */
  readonly refreshMs: number;
}

/** @public */
export const defaultCombinedSpeechOptions = {
  trustedConfidence: 0.4,
  suspicionWeight: 0,
  secondWeight: 0.5,
  agreementThreshold: 0.55,
  aloneShare: 0.6,
  onlyShare: 0.9,
  doubtedAloneShare: 0.5,
  doubtedMinSpeechMs: 288,
  refreshMs: 2000,
} as const satisfies CombinedSpeechOptions;

/** @throws OptionError `OPTION_INVALID`. */
export function resolveCombinedSpeechOptions(
  given: Partial<CombinedSpeechOptions> = {},
): CombinedSpeechOptions {
  return resolveOptions<CombinedSpeechOptions>('combinedSpeech', defaultCombinedSpeechOptions, given, {
    trustedConfidence: numberIn(0, 1),
    suspicionWeight: numberIn(0, 1),
    secondWeight: numberIn(0, 1),
    agreementThreshold: numberIn(0, 1),
    aloneShare: numberIn(0.05, 1),
    onlyShare: numberIn(0.05, 1),
    doubtedAloneShare: numberIn(0.05, 1),
    doubtedMinSpeechMs: numberIn(0, 5000, 'ms'),
    refreshMs: numberIn(0, 600_000, 'ms'),
  });
}

/**
 * The decision over two signals, for one window. Pure, without memory: windows are counted by `stepUtterance`.
 *
 * | echo | heard | the first is | a suspicion is judged by | a window counts |
 * |---|---|---|---|---|
 * | impossible | any | any | the first, or else the second | in full |
 * | possible | one | not spoken of | that one | in full |
 * | possible | one | trusted | that one | `aloneShare`, as far as it is trusted |
 * | possible | first | doubted | the first | `doubtedAloneShare`, of at least `doubtedMinSpeechMs` |
 * | possible | both | trusted, or not spoken of | the first (`suspicionWeight`) | in full where both agree, or else as if alone |
 * | possible | both | doubted | the lesser | in full, of at least `doubtedMinSpeechMs` |
 *
 * While the first is doubted each of them can be wrong alone: it holds echo that it does not know yet, and the other takes seconds to learn
 * a path. What both hold is speech.
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
  if (first !== undefined && confidence !== undefined && confidence < options.trustedConfidence) {
    return {
      speechProbability: Math.min(first, second ?? first),
      confirmedProbability: first,
      share: second === undefined ? options.doubtedAloneShare : 1,
      minSpeechMs: options.doubtedMinSpeechMs,
    };
  }
  return {
    speechProbability:
      first === undefined || second === undefined ? only : mix(first, second, options.suspicionWeight),
    share: trustedShare(first, second, confidence, options),
  };
}

/** How much a window counts by who holds speech in it, and how far the first is trusted. */
function trustedShare(
  first: number | undefined,
  second: number | undefined,
  confidence: number | undefined,
  { trustedConfidence, secondWeight, agreementThreshold, aloneShare, onlyShare }: CombinedSpeechOptions,
): number {
  if (first === undefined) return 1;
  if (second === undefined && confidence === undefined) return 1;
  if (second !== undefined && mix(first, second, secondWeight) >= agreementThreshold) return 1;
  const isGraded = confidence !== undefined && trustedConfidence < 1;
  const trust = isGraded ? (confidence - trustedConfidence) / (1 - trustedConfidence) : 1;
  return Math.max(leastShare, trust ** 2 * (second === undefined ? onlyShare : aloneShare));
}

function mix(first: number, second: number, weight: number): number {
  return (1 - weight) * first + weight * second;
}
