/** The same instant, as counted by two clocks. */
export interface ClockPair {
  /** Units: samples of the loudspeaker, and of the microphone. */
  readonly rendered: number;
  readonly captured: number;
  /** Only pairs of one run are compared: between two runs something is missing. */
  readonly run: string;
}

/** How two clocks differ. */
export interface Drift {
  /** How much faster the clock of the loudspeaker runs than that of the microphone. Units: parts per million. */
  readonly ppm: number;
  /** The standard error of it. Units: parts per million. */
  readonly errorPpm: number;
}

/** Fewer say nothing about their own error. */
const fewest = 3;
/** A pair that is further off the line than this is left out: a peak that jumped to a reflection. Units: spreads. */
const outlier = 4;
/** No pair is known better than this. Units: samples. */
const finest = 0.005;

/** Undefined with fewer than three pairs in one run. */
export function measureDrift(pairs: readonly ClockPair[]): Drift | undefined {
  const runs = new Map<string, ClockPair[]>();
  for (const pair of pairs) runs.set(pair.run, [...(runs.get(pair.run) ?? []), pair]);
  const usable = [...runs.values()].filter((run) => run.length >= fewest);
  const slope = medianSlope(usable);
  if (slope === undefined) return undefined;
  const off = usable.map((run) => {
    const offsets = run.map(({ rendered, captured }) => captured - rendered - slope * rendered);
    const middle = median(offsets);
    return offsets.map((offset) => offset - middle);
  });
  const spread = 1.4826 * median(off.flat().map(Math.abs)) + finest;
  const kept = usable.map((run, r) => run.filter((_, i) => Math.abs(off[r]?.[i] ?? 0) <= outlier * spread));
  return leastSquares(kept, slope);
}

/** The middle of the slopes between any two, where longer distances count more: a third of them may be wrong. */
function medianSlope(runs: readonly (readonly ClockPair[])[]): number | undefined {
  const slopes: { readonly slope: number; readonly weight: number }[] = [];
  for (const run of runs) {
    for (const [i, a] of run.entries()) {
      for (const b of run.slice(i + 1)) {
        const distance = b.rendered - a.rendered;
        if (distance > 0) slopes.push({ slope: (b.captured - a.captured) / distance - 1, weight: distance });
      }
    }
  }
  slopes.sort((a, b) => a.slope - b.slope);
  let left = slopes.reduce((sum, { weight }) => sum + weight, 0) / 2;
  for (const { slope, weight } of slopes) {
    left -= weight;
    if (left <= 0) return slope;
  }
  return undefined;
}

/** One slope for all runs, each with an offset of its own. */
function leastSquares(runs: readonly (readonly ClockPair[])[], around: number): Drift {
  let crossed = 0;
  let squared = 0;
  let points = 0;
  const centred = runs
    .filter((run) => run.length >= 2)
    .map((run) => {
      const x = run.map(({ rendered }) => rendered);
      const y = run.map(({ rendered, captured }) => captured - rendered - around * rendered);
      const meanX = mean(x);
      const meanY = mean(y);
      points += run.length - 1;
      return x.map((value, i) => ({ x: value - meanX, y: (y[i] as number) - meanY }));
    });
  for (const { x, y } of centred.flat()) {
    crossed += x * y;
    squared += x * x;
  }
  const rest = squared > 0 ? crossed / squared : 0;
  let residual = 0;
  for (const { x, y } of centred.flat()) residual += (y - rest * x) ** 2;
  const variance = residual / Math.max(1, points - 1) + finest ** 2;
  // Positive where less is captured than was rendered: the loudspeaker gets through its samples faster.
  return { ppm: -(around + rest) * 1e6, errorPpm: Math.sqrt(variance / squared) * 1e6 };
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}
