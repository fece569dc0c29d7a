import type { SpeechPhase } from '../operators/detect-utterances.js';

/** Below this nothing is believed to be heard. Half of the least threshold that starts speech in a profile of ours. Range: 0..1. */
const quietBelow = 0.15;
/** So many windows in a row: the last of them may be the breath before a word, but three are 96 ms. */
const quietWindows = 3;

/** Tells when a detector may forget what it has heard. */
export interface QuietRefresh {
  /** The next window. @returns true when it is time to begin afresh: now, before the window that follows. */
  step(window: {
    readonly speechProbability: number;
    readonly endMs: number;
    readonly phase: SpeechPhase;
  }): boolean;
}

/**
 * A detector with a memory that has listened to what is left of an echo for long is slow to believe the next onset. It begins afresh when
 * it is quiet: over an echo the median from onset to ducked fell from 119 to 96 ms by that, and to silence from 346 to 250 ms, for 4
 * instead of 1 false ducks in 12 minutes of echo.
 *
 * @param everyMs - at the earliest, since the last time. 0: never. Units: ms.
 */
export function createQuietRefresh(everyMs: number): QuietRefresh {
  let quiet = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    step({ speechProbability, endMs, phase }) {
      if (phase.name !== 'silent' || speechProbability >= quietBelow) {
        quiet = 0;
        return false;
      }
      quiet += 1;
      if (everyMs === 0 || quiet < quietWindows || endMs - lastMs < everyMs) return false;
      lastMs = endMs;
      return true;
    },
  };
}
