/** What decides about partial transcripts. */
export interface PartialPace {
  /**
   * Whether to ask for one now, with so much said.
   *
   * @returns `later`: it is not time; `skip`: it would be, but the engine has no room for it.
   */
  decide(saidMs: number, isEngineFree: boolean): 'now' | 'later' | 'skip';
  /** How long the last one took. */
  took(costMs: number): void;
}

/**
 * At least so much speech between two, and never more than a share of the time: audio comes in real time, so what one costs,
 * divided by the share, is how much has to be said before the next.
 */
export function createPartialPace(everyMs: number, maxLoad: number): PartialPace {
  let askedAtMs = 0;
  let costMs = 0;
  let toldAtMs = 0;
  return {
    decide(saidMs, isEngineFree) {
      const sinceMs = saidMs - askedAtMs;
      if (sinceMs < everyMs) return 'later';
      if (!isEngineFree || sinceMs < costMs / maxLoad) {
        // Once for each that would have been due, not for each frame.
        if (saidMs - Math.max(toldAtMs, askedAtMs) < everyMs) return 'later';
        toldAtMs = saidMs;
        return 'skip';
      }
      askedAtMs = saidMs;
      return 'now';
    },
    took(ms) {
      costMs = ms;
    },
  };
}
