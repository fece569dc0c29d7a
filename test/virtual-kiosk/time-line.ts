/** When the sample frames of a recording were audible. Units: ms of `performance.now()` in this process. */
export interface TimeLine {
  /** When its first sample was audible. */
  readonly firstSampleMs: number;
  /** When a sample frame was audible. Holds also after the device had stood still for a while. */
  msAt(frame: number): number;
  /** Which sample frame was audible; fractions included. */
  frameAt(ms: number): number;
}

/** Sound that came from a recorder. */
export interface Arrival {
  /** Sample frames that had arrived. */
  readonly frames: number;
  readonly atMs: number;
}

/** From here on, a sample frame was audible at `zeroMs` + its number / rate. */
export interface Segment {
  readonly fromFrame: number;
  readonly zeroMs: number;
}

/** What a gap is, and how much has to follow it. Units: ms. Stalls of a loaded machine are made up for, a suspended device is not. */
const gapMs = 40;
const soundAfterGapMs = 100;
/** Arrivals are judged together over this much sound: longer than machines stall, shorter than a crystal needs to be off by 1 ms. Units: ms. */
const windowMs = 5000;

/**
 * Nothing arrives before the server mixed it, so the earliest arrival tells when that was; where all that follows arrives later,
 * the device had stood still. Every window begins anew, so that a device may run faster or slower than this machine's clock.
 *
 * @param aheadMs - how much earlier a sample arrives than it is audible.
 */
export function timeLine(arrivals: readonly Arrival[], rateHz: number, aheadMs: number): TimeLine {
  const perMs = rateHz / 1000;
  const total = arrivals.at(-1)?.frames ?? 0;
  const zeros = earliestAhead(
    arrivals.map(({ frames, atMs }) => ({ frames, zeroMs: atMs + aheadMs - frames / perMs })),
    windowMs * perMs,
  );
  const segments: Segment[] = [];
  let fromFrame = 0;
  for (const [i, { frames }] of arrivals.entries()) {
    const zeroMs = zeros[i] as number;
    const last = segments.at(-1);
    const leftMs = (total - fromFrame) / perMs;
    const hasGap = last !== undefined && zeroMs - last.zeroMs > gapMs && leftMs >= soundAfterGapMs;
    // What is left at the end is too little to begin anew with.
    const isOver =
      last !== undefined && (fromFrame - last.fromFrame) / perMs >= windowMs && leftMs >= windowMs;
    if (!last || hasGap || isOver) segments.push({ fromFrame, zeroMs });
    fromFrame = frames;
  }
  return lineOf(segments, perMs);
}

/** For each, the least of it and of those that follow within so many frames. */
function earliestAhead(
  arrivals: readonly { readonly frames: number; readonly zeroMs: number }[],
  withinFrames: number,
): readonly number[] {
  const least = new Array<number>(arrivals.length);
  // Those ahead that are less than all between, the nearest one last.
  const ahead: { readonly frames: number; readonly zeroMs: number }[] = [];
  let first = 0;
  for (let i = arrivals.length - 1; i >= 0; i -= 1) {
    const arrival = arrivals[i] as (typeof ahead)[number];
    while (ahead.length > first && (ahead.at(-1)?.zeroMs ?? 0) >= arrival.zeroMs) ahead.pop();
    ahead.push(arrival);
    while ((ahead[first]?.frames ?? 0) - arrival.frames > withinFrames) first += 1;
    least[i] = ahead[first]?.zeroMs ?? arrival.zeroMs;
  }
  return least;
}

/** @param perMs - sample frames in a millisecond. */
export function lineOf(segments: readonly Segment[], perMs: number): TimeLine {
  const none: Segment = { fromFrame: 0, zeroMs: Number.NaN };
  const startMs = ({ fromFrame, zeroMs }: Segment): number => zeroMs + fromFrame / perMs;
  const [first = none] = segments;
  return {
    firstSampleMs: startMs(first),
    msAt: (frame) =>
      (segments.findLast(({ fromFrame }) => fromFrame <= frame) ?? first).zeroMs + frame / perMs,
    frameAt(ms) {
      const index = Math.max(
        0,
        segments.findLastIndex((segment) => startMs(segment) <= ms),
      );
      const end = segments[index + 1]?.fromFrame ?? Infinity;
      return Math.min(end, (ms - (segments[index] ?? none).zeroMs) * perMs);
    },
  };
}
