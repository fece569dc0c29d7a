import { EMPTY, Observable, type OperatorFunction } from 'rxjs';
import { type AudioFrame, durationMs, endMs } from '../audio/audio-frame.js';
import type { SpeechEvidence } from '../detection/combine-speech.js';
import { integerIn, numberIn, resolveOptions } from '../options.js';
import type { ScoredFrame } from '../ports/voice-activity-detector.js';

/** What makes a run of speech probabilities an utterance. @public */
export interface UtteranceOptions {
  /** Probability at or above which a frame starts speech. Range: 0.01..1. Silero's own default. @defaultValue 0.5 */
  readonly startThreshold: number;
  /** Probability below which a frame is silence once speech has started. Range: 0..1, at most `startThreshold`. Silero's own hysteresis of 0.15. @defaultValue 0.35 */
  readonly stopThreshold: number;
  /**
   * Speech needed before an utterance is confirmed, gaps not counted. Units: ms. Range: 0..5000.
   * Five windows of Silero: a cough or a clap scores for two to three. @defaultValue 160
   */
  readonly minSpeechMs: number;
  /**
   * Probability at or above which a window is speech for certain. Range: 0..1. Silero gives a word more from its second window of 32 ms on;
   * a cough has 0.5 to 0.9, and up to four windows above. @defaultValue 0.9
   */
  readonly certainThreshold: number;
  /**
   * How much of `minSpeechMs` any other window of speech counts. Range: 0.05..1. 1 makes no difference between them. Below, a cough
   * is told from a word; a murmur is confirmed later for it. @defaultValue 1
   */
  readonly uncertainShare: number;
  /**
   * For how long after the onset that makes a difference. Units: ms. Range: 0..5000. A cough is over by then; what still goes on is a quiet
   * person. @defaultValue 500
   */
  readonly uncertainForMs: number;
  /** Silence allowed inside speech that is not confirmed yet. Units: ms. Range: 0..2000. Plosives and word gaps stay below it. @defaultValue 200 */
  readonly gapToleranceMs: number;
  /** Silence that ends a confirmed utterance. Units: ms. Range: 10..10000. @defaultValue 320 */
  readonly minSilenceMs: number;
}

/** @public */
export const defaultUtteranceOptions = {
  startThreshold: 0.5,
  stopThreshold: 0.35,
  minSpeechMs: 160,
  certainThreshold: 0.9,
  uncertainShare: 1,
  uncertainForMs: 500,
  gapToleranceMs: 200,
  minSilenceMs: 320,
} as const satisfies UtteranceOptions;

/** @internal */
export function resolveUtteranceOptions(
  where: string,
  given: Partial<UtteranceOptions> = {},
  base: UtteranceOptions = defaultUtteranceOptions,
): UtteranceOptions {
  return resolveOptions<UtteranceOptions>(
    where,
    base,
    given,
    {
      startThreshold: numberIn(0.01, 1),
      stopThreshold: numberIn(0, 1),
      minSpeechMs: integerIn(0, 5000, 'ms'),
      certainThreshold: numberIn(0, 1),
      uncertainShare: numberIn(0.05, 1),
      uncertainForMs: integerIn(0, 5000, 'ms'),
      gapToleranceMs: integerIn(0, 2000, 'ms'),
      minSilenceMs: integerIn(10, 10_000, 'ms'),
    },
    (o) =>
      o.stopThreshold > o.startThreshold
        ? [`stopThreshold (${o.stopThreshold}) must not be above startThreshold (${o.startThreshold})`]
        : [],
  );
}

/** A change between silence and speech. @public */
export type SpeechEdge =
  /** Perhaps speech. `onsetMs` is where its first frame starts, `atMs` when that was known. */
  | { readonly type: 'speech-started'; readonly onsetMs: number; readonly atMs: number }
  /** Certainly speech: enough of it was heard. */
  | { readonly type: 'speech-confirmed'; readonly onsetMs: number; readonly atMs: number }
  /** It was none: a cough, a clap. */
  | { readonly type: 'speech-misfired'; readonly onsetMs: number; readonly atMs: number }
  /** The utterance is over. `endOfSpeechMs` is where its last frame of speech ended. */
  | {
      readonly type: 'speech-ended';
      readonly onsetMs: number;
      readonly endOfSpeechMs: number;
      readonly atMs: number;
    };

/** Where in an utterance a frame lies. @public */
export type SpeechPhase =
  | { readonly name: 'silent' }
  | { readonly name: 'starting'; readonly onsetMs: number; readonly speechMs: number; readonly gapMs: number }
  | { readonly name: 'speaking'; readonly onsetMs: number }
  | { readonly name: 'stopping'; readonly onsetMs: number; readonly endOfSpeechMs: number };

/** A frame with what is known about the speech in it. @public */
export interface DetectedFrame {
  readonly frame: AudioFrame;
  /** What it was judged by. Range: 0..1. */
  readonly speechProbability: number;
  /** The phase after this frame. */
  readonly phase: SpeechPhase;
  /** Edges that this frame brought, in order. */
  readonly edges: readonly SpeechEdge[];
}

/** A frame that was scored, with what several signals and the canceller say about it, where they do. @public */
export interface JudgedFrame extends Pick<ScoredFrame, 'frame' | 'speechProbability'> {
  /** Absent: `speechProbability` is all there is. */
  readonly evidence?: SpeechEvidence;
}

/**
 * One frame against one phase. Pure: this is the whole decision.
 *
 * Suspicion and confirmation may go by different evidence: the probability starts and goes on with speech, and the share of
 * each frame adds up to `minSpeechMs`, or to that of the evidence where it is longer.
 * @internal
 */
export function stepUtterance(
  phase: SpeechPhase,
  { frame, speechProbability: scored, evidence }: JudgedFrame,
  options: UtteranceOptions,
): { readonly phase: SpeechPhase; readonly edges: readonly SpeechEdge[] } {
  const atMs = endMs(frame);
  const lengthMs = durationMs(frame);
  const isConfirmed = phase.name === 'speaking' || phase.name === 'stopping';
  const speechProbability =
    (isConfirmed ? evidence?.confirmedProbability : undefined) ?? evidence?.speechProbability ?? scored;
  const isCertain =
    speechProbability >= options.certainThreshold ||
    (phase.name === 'starting' && atMs - phase.onsetMs > options.uncertainForMs) ||
    // Evidence that asks for more speech of its own accord has been strict enough.
    evidence?.minSpeechMs !== undefined;
  const countedMs = lengthMs * (evidence?.share ?? 1) * (isCertain ? 1 : options.uncertainShare);
  // A rule that wants nothing confirmed is one about a button.
  const minSpeechMs =
    options.minSpeechMs === 0 ? 0 : Math.max(options.minSpeechMs, evidence?.minSpeechMs ?? 0);
  const isSpeech = speechProbability >= options.stopThreshold;

  switch (phase.name) {
    case 'silent': {
      if (speechProbability < options.startThreshold) return { phase, edges: [] };
      const onsetMs = frame.timestampMs;
      return confirmOrStart({ onsetMs, speechMs: countedMs, gapMs: 0 }, atMs, minSpeechMs, [
        { type: 'speech-started', onsetMs, atMs },
      ]);
    }
    case 'starting': {
      const { onsetMs } = phase;
      if (isSpeech) {
        return confirmOrStart(
          { onsetMs, speechMs: phase.speechMs + countedMs, gapMs: 0 },
          atMs,
          minSpeechMs,
          [],
        );
      }
      const gapMs = phase.gapMs + lengthMs;
      return gapMs > options.gapToleranceMs
        ? { phase: { name: 'silent' }, edges: [{ type: 'speech-misfired', onsetMs, atMs }] }
        : { phase: { ...phase, gapMs }, edges: [] };
    }
    case 'speaking':
      return isSpeech
        ? { phase, edges: [] }
        : endOrStop({ onsetMs: phase.onsetMs, endOfSpeechMs: frame.timestampMs }, atMs, options);
    case 'stopping':
      return speechProbability >= options.startThreshold
        ? { phase: { name: 'speaking', onsetMs: phase.onsetMs }, edges: [] }
        : endOrStop(phase, atMs, options);
  }
}

function confirmOrStart(
  started: { readonly onsetMs: number; readonly speechMs: number; readonly gapMs: number },
  atMs: number,
  minSpeechMs: number,
  before: readonly SpeechEdge[],
) {
  const { onsetMs, speechMs } = started;
  return speechMs >= minSpeechMs
    ? ({
        phase: { name: 'speaking', onsetMs },
        edges: [...before, { type: 'speech-confirmed', onsetMs, atMs }],
      } as const)
    : ({ phase: { name: 'starting', ...started }, edges: before } as const);
}

function endOrStop(
  stopping: { readonly onsetMs: number; readonly endOfSpeechMs: number },
  atMs: number,
  options: UtteranceOptions,
) {
  const { onsetMs, endOfSpeechMs } = stopping;
  return atMs - endOfSpeechMs >= options.minSilenceMs
    ? ({
        phase: { name: 'silent' },
        edges: [{ type: 'speech-ended', onsetMs, endOfSpeechMs, atMs }],
      } as const)
    : ({ phase: { name: 'stopping', onsetMs, endOfSpeechMs }, edges: [] } as const);
}

/**
 * Turns speech probabilities into utterances. Where a frame brings evidence (`combineSpeech`), its probability starts and goes on with
 * speech, and its share counts towards confirmation.
 *
 * ```text
 * in    0 0 9 9 9 9 9 0 0 0 0     (tenths)
 * phase - - s s s S S t t t -     starting, Speaking, stopping
 * edges     ^     ^         ^     started, confirmed, ended
 * ```
 *
 * @remarks
 * Order: one frame out for each in. When the source completes inside speech, nothing is added: `withPreRoll` and
 * `endTurns` close what is open.
 * Bound: keeps no audio.
 * @param options - thresholds and times.
 * @param profile$ - replaces some of the options from the next frame on, such as a stricter rule while the agent speaks.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function detectUtterances(
  options: Partial<UtteranceOptions> = {},
  profile$: Observable<Partial<UtteranceOptions>> = EMPTY,
): OperatorFunction<JudgedFrame, DetectedFrame> {
  const base = resolveUtteranceOptions('detectUtterances', options);
  return (scored$) =>
    new Observable((subscriber) => {
      let current = base;
      let phase: SpeechPhase = { name: 'silent' };
      const profiles = profile$.subscribe({
        next: (profile) => {
          try {
            current = resolveUtteranceOptions('detectUtterances profile', profile, base);
          } catch (error) {
            subscriber.error(error);
          }
        },
        error: (error) => subscriber.error(error),
      });
      subscriber.add(profiles);
      subscriber.add(
        scored$.subscribe({
          next: (scored) => {
            const step = stepUtterance(phase, scored, current);
            phase = step.phase;
            const { frame, speechProbability, evidence } = scored;
            subscriber.next({
              frame,
              speechProbability: evidence?.speechProbability ?? speechProbability,
              ...step,
            });
          },
          error: (error) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    });
}
