import type { OperatorFunction } from 'rxjs';
import { type AudioFrame, endMs } from '../audio/audio-frame.js';
import { createFrameRing } from '../audio/frame-ring.js';
import { integerIn, resolveOptions } from '../options.js';
import type { DetectedFrame } from './detect-utterances.js';
import { mapFrames } from './map-frames.js';

/** How much of what came before an utterance is kept. @public */
export interface PreRollOptions {
  /**
   * Audio kept from before the first frame of speech, so that no first word is lost. Units: ms. Range: 0..3000.
   * A detector hears soft onsets up to 300 ms late (its 99th percentile, measured over 167 utterances). @defaultValue 300
   */
  readonly preRollMs: number;
  /** Longest stretch of speech that may wait to be confirmed. Units: ms. Range: 100..10000. Beyond it the oldest audio is dropped and counted. @defaultValue 3000 */
  readonly maxUnconfirmedMs: number;
}

/** @public */
export const defaultPreRollOptions = {
  preRollMs: 300,
  maxUnconfirmedMs: 3000,
} as const satisfies PreRollOptions;

/** The audio of one utterance. @public */
export type UtterancePart =
  | { readonly type: 'utterance-started'; readonly onsetMs: number; readonly atMs: number }
  | { readonly type: 'utterance-audio'; readonly frame: AudioFrame }
  | {
      readonly type: 'utterance-ended';
      readonly endOfSpeechMs: number;
      readonly atMs: number;
      /** Audio that could not be kept until the utterance was confirmed. Units: ms. */
      readonly droppedMs: number;
    };

/**
 * Keeps the audio of confirmed utterances, with what came just before each.
 *
 * ```text
 * in   - - s s s S S t t -
 * out            [p p s s s S] S t t ]     the pre-roll comes out at once when speech is confirmed
 * ```
 *
 * @remarks
 * Order: started, audio..., ended; frames contiguous as they were captured. Speech that misfires never comes out.
 * When the source completes inside an utterance, the utterance ends there.
 * Bound: `preRollMs` + `maxUnconfirmedMs`; beyond it the oldest frame is dropped and counted in `droppedMs`.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function withPreRoll(
  options: Partial<PreRollOptions> = {},
): OperatorFunction<DetectedFrame, UtterancePart> {
  const { preRollMs, maxUnconfirmedMs } = resolveOptions<PreRollOptions>(
    'withPreRoll',
    defaultPreRollOptions,
    options,
    {
      preRollMs: integerIn(0, 3000, 'ms'),
      maxUnconfirmedMs: integerIn(100, 10_000, 'ms'),
    },
  );
  return mapFrames(() => {
    const ring = createFrameRing(preRollMs + maxUnconfirmedMs);
    let open: { droppedMs: number; lastMs: number } | undefined;
    return {
      next({ frame, phase, edges }) {
        const out: UtterancePart[] = [];
        ring.push(frame);
        for (const edge of edges) {
          if (edge.type === 'speech-confirmed') {
            const fromMs = edge.onsetMs - preRollMs;
            const kept = ring.drain().filter((held) => endMs(held) > fromMs);
            const missingMs = Math.max(0, (kept[0]?.timestampMs ?? edge.atMs) - edge.onsetMs);
            open = { droppedMs: missingMs, lastMs: edge.atMs };
            out.push({ type: 'utterance-started', onsetMs: edge.onsetMs, atMs: edge.atMs });
            out.push(...kept.map((held) => ({ type: 'utterance-audio', frame: held }) as const));
          } else if (edge.type === 'speech-ended' && open) {
            out.push(...ring.drain().map((held) => ({ type: 'utterance-audio', frame: held }) as const));
            out.push({
              type: 'utterance-ended',
              endOfSpeechMs: edge.endOfSpeechMs,
              atMs: edge.atMs,
              droppedMs: open.droppedMs,
            });
            open = undefined;
          }
        }
        if (open && edges.length === 0 && phase.name !== 'silent') {
          out.push(...ring.drain().map((held) => ({ type: 'utterance-audio', frame: held }) as const));
        }
        if (open) open.lastMs = endMs(frame);
        return out;
      },
      end() {
        if (!open) return [];
        const { lastMs, droppedMs } = open;
        return [{ type: 'utterance-ended', endOfSpeechMs: lastMs, atMs: lastMs, droppedMs }];
      },
    };
  });
}
