/** Counts the samples of a stream and knows when each of them was, by the time stamps of its frames. */
export interface StampedSamples {
  /** Index of the next sample. Jumps where samples are missing. */
  readonly next: number;
  /** Index of the sample at this time, fractions included. Before anything was observed this begins to count here. */
  indexAt(ms: number): number;
  /**
   * The next `count` samples begin at this time.
   *
   * @returns how many samples are missing before them; negative if there are too many, 0 as long as it is jitter.
   */
  observe(timestampMs: number, count: number): number;
}

/** What a time stamp may be off without being a gap: devices stamp to some milliseconds, and lose whole periods of 10 ms. */
export const jitterMs = 8;
/** How fast the time of the samples follows the time stamps, for each frame: jitter averages out, drift does not pile up. */
const following = 0.02;

export function createStampedSamples(sampleRateHz: number): StampedSamples {
  const perMs = sampleRateHz / 1000;
  let anchorMs: number | undefined;
  let anchorIndex = 0;
  let next = 0;
  let hasSamples = false;

  const indexAt = (ms: number): number => {
    anchorMs ??= ms;
    return anchorIndex + (ms - anchorMs) * perMs;
  };

  return {
    get next() {
      return next;
    },
    indexAt,
    observe(timestampMs, count) {
      const ahead = indexAt(timestampMs) - next;
      let missing = 0;
      if (!hasSamples || Math.abs(ahead) > jitterMs * perMs) {
        missing = hasSamples ? Math.round(ahead) : 0;
        next += Math.round(ahead);
        anchorIndex = next;
        anchorMs = timestampMs;
        hasSamples = true;
      } else {
        anchorIndex = next;
        anchorMs = timestampMs - ((1 - following) * ahead) / perMs;
      }
      next += count;
      return missing;
    },
  };
}
