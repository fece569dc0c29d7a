/** How late calls came, over a while. */
export interface Lateness {
  add(ms: number): void;
  /** Sum up what was added since the last time, and begin anew. Zeros when nothing was. Units: ms. */
  take(): { readonly p50: number; readonly p99: number; readonly max: number };
}

/** A device that calls every 5 ms does so 2000 times in the ten seconds of a report. What exceeds it counts for the maximum. */
const maxCalls = 4096;

/** Collect how late calls came; the memory is bounded. */
export function createLateness(): Lateness {
  const calls = new Float64Array(maxCalls);
  let count = 0;
  let max = 0;
  return {
    add(ms) {
      max = Math.max(max, ms);
      if (count < maxCalls) calls[count++] = ms;
    },
    take() {
      const sorted = calls.subarray(0, count).sort();
      const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * count) - 1)] ?? 0;
      const taken = { p50: at(0.5), p99: at(0.99), max };
      count = 0;
      max = 0;
      return taken;
    },
  };
}
