import type { OperatorFunction } from 'rxjs';
import { endMs } from '../audio/audio-frame.js';
import { integerIn, resolveOptions } from '../options.js';
import type { DetectedFrame } from './detect-utterances.js';
import { mapFrames } from './map-frames.js';

/** When a turn of the user counts as complete. @public */
export interface EndpointingOptions {
  /**
   * Silence after the last speech. Units: ms. Range: 100..10000. The middle of the field: agents in use end turns
   * after 200 to 800 ms; people leave about 200 ms. @defaultValue 500
   */
  readonly minSilenceMs: number;
  /**
   * Longest turn; a television that never stops must not hold the loop. Units: ms. Range: 1000..600000. @defaultValue 60000
   */
  readonly maxTurnMs: number;
}

/** @public */
export const defaultEndpointingOptions = {
  minSilenceMs: 500,
  maxTurnMs: 60_000,
} as const satisfies EndpointingOptions;

/** The user's turn is complete. @public */
export interface TurnEnd {
  readonly type: 'turn-ended';
  /** When that was decided. Units: ms, on the clock of the frames. */
  readonly atMs: number;
  /** Where the last speech ended. */
  readonly endOfSpeechMs: number;
  readonly reason: 'silence' | 'max-turn' | 'source-ended';
}

type Turn =
  | { readonly name: 'none' }
  | { readonly name: 'speaking'; readonly startMs: number }
  | { readonly name: 'pausing'; readonly startMs: number; readonly endOfSpeechMs: number };

/**
 * Decides when the user's turn is complete (endpointing).
 *
 * ```text
 * in   S S t t - - S S t t - - - -
 * out                          E        one turn, two utterances
 * ```
 *
 * @remarks
 * Timing: in audio time, by the timestamps of the frames; it needs no clock. Speech that is not confirmed yet holds
 * the decision until it is confirmed or misfires.
 * Order: at most one `turn-ended` between two confirmed utterances that lie further apart than `minSilenceMs`.
 * When the source completes inside a turn, the turn ends there.
 * Bound: keeps no audio.
 * @throws OptionError `OPTION_INVALID`.
 * @public
 */
export function endTurns(
  options: Partial<EndpointingOptions> = {},
): OperatorFunction<DetectedFrame, TurnEnd> {
  const { minSilenceMs, maxTurnMs } = resolveOptions<EndpointingOptions>(
    'endTurns',
    defaultEndpointingOptions,
    options,
    { minSilenceMs: integerIn(100, 10_000, 'ms'), maxTurnMs: integerIn(1000, 600_000, 'ms') },
  );
  return mapFrames(() => {
    let turn: Turn = { name: 'none' };
    let lastMs = 0;

    const end = (atMs: number, endOfSpeechMs: number, reason: TurnEnd['reason']): readonly TurnEnd[] => {
      turn = { name: 'none' };
      return [{ type: 'turn-ended', atMs, endOfSpeechMs, reason }];
    };

    return {
      next({ frame, phase, edges }) {
        const atMs = endMs(frame);
        lastMs = atMs;
        for (const edge of edges) {
          if (edge.type === 'speech-confirmed') {
            turn = { name: 'speaking', startMs: turn.name === 'none' ? edge.onsetMs : turn.startMs };
          } else if (edge.type === 'speech-ended' && turn.name === 'speaking') {
            turn = { name: 'pausing', startMs: turn.startMs, endOfSpeechMs: edge.endOfSpeechMs };
          }
        }
        if (turn.name === 'none') return [];
        if (turn.name === 'pausing' && phase.name === 'silent' && atMs - turn.endOfSpeechMs >= minSilenceMs) {
          return end(atMs, turn.endOfSpeechMs, 'silence');
        }
        if (atMs - turn.startMs >= maxTurnMs) {
          return end(atMs, turn.name === 'pausing' ? turn.endOfSpeechMs : atMs, 'max-turn');
        }
        return [];
      },
      end() {
        if (turn.name === 'none') return [];
        return end(lastMs, turn.name === 'pausing' ? turn.endOfSpeechMs : lastMs, 'source-ended');
      },
    };
  });
}
