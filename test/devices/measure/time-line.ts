/** By endsBy, so many sample frames had arrived. */
export interface Arrival {
  readonly frames: number;
  /** Units: ms of `performance.now()` in this process. */
  readonly atMs: number;
}

/** When which sample frame of a recording was audible. Units: ms of `performance.now()` in this process. */
export interface RecordedTimeLine {
  msAt(frame: number): number;
  /** Fractions included. */
  frameAt(ms: number): number;
  /** How late samples came at most that were audible in this stretch. Units: ms. */
  latenessMs(fromMs: number, toMs: number): number;
}

/** Devices run at most so much slower or faster than this machine's clock. PulseAudio's null sinks at 48 kHz are up to 300 ppm fast. */
const maxDrift = 400e-6;

/**
 * Nothing arrives before the server mixed it. So a sample was audible no later than it arrived, and no later than those that came
 * after it say, less what lies between; the one that came with the least delay decides.
 *
 * @param aheadMs - how much earlier a sample arrives than it is audible, at best.
 */
export function createTimeLine(
  arrivals: readonly Arrival[],
  rateHz: number,
  aheadMs: number,
): RecordedTimeLine {
  const perMs = rateHz / 1000;
  /** When frame 0 would have been audible, by what arrived from here on. */
  const zeros = new Float64Array(arrivals.length);
  let zeroMs = Infinity;
  let behind = 0;
  for (let i = arrivals.length - 1; i >= 0; i -= 1) {
    const { frames, atMs } = arrivals[i] as Arrival;
    zeroMs = Math.min(zeroMs + ((behind - frames) / perMs) * maxDrift, atMs + aheadMs - frames / perMs);
    behind = frames;
    zeros[i] = zeroMs;
  }
  const framesOf = (i: number): number => (arrivals[i] as Arrival).frames;
  const last = arrivals.length - 1;
  const firstWhere = (isThere: (i: number) => boolean): number => {
    let low = 0;
    let high = last;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isThere(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  const endMs = (i: number): number => (zeros[i] as number) + framesOf(i) / perMs;
  return {
    msAt: (frame) => (zeros[firstWhere((i) => framesOf(i) > frame)] as number) + frame / perMs,
    frameAt(ms) {
      const i = firstWhere((each) => endMs(each) >= ms);
      const frame = (ms - (zeros[i] as number)) * perMs;
      return Math.max(i === 0 ? -Infinity : framesOf(i - 1), frame);
    },
    latenessMs(fromMs, toMs) {
      let most = 0;
      for (let i = firstWhere((each) => endMs(each) >= fromMs); i <= last; i += 1) {
        most = Math.max(most, (arrivals[i] as Arrival).atMs + aheadMs - endMs(i));
        if (endMs(i) >= toMs) break;
      }
      return most;
    },
  };
}
