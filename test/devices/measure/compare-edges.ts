import { median, quantile } from './statistics.js';

/** An edge in a recording or in what was captured. */
export interface Edge {
  readonly ms: number;
  /** Which sample frame; fractions included. */
  readonly frame: number;
}

/** Where the same edges were seen. Times are ms of one clock. */
export interface EdgeSightings {
  /** In the recording of the loudspeaker, and in that of the microphone. */
  readonly playedMs: readonly number[];
  readonly heard: readonly Edge[];
  /** By what was rendered, and by what was captured. */
  readonly renderedMs: readonly number[];
  readonly captured: readonly Edge[];
  /** About. */
  readonly echoDelayMs: number;
  /** From one edge to the next. */
  readonly periodMs: number;
  readonly perMs: number;
  /** What lies outside does not count. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** What they say. Units: ms. */
export interface EchoFigures {
  readonly edges: number;
  /** Captured frames that are missing or too many between two edges, compared with the recording of the microphone: more than a millisecond. */
  readonly captureGaps: number;
  /** As the devices say: from being rendered to being captured. */
  readonly delayMs: Spread;
  /** As the recordings say: what the room did. */
  readonly roomMs: Spread;
  /** How far the first is from the second. */
  readonly offMs: Spread;
}

export interface Spread {
  readonly least: number;
  /** Of a hundred values, all but two lie between them. */
  readonly low: number;
  readonly high: number;
  readonly middle: number;
  readonly most: number;
  /** From the first tenth to the last, in the middle of each. */
  readonly drift: number;
}

/** So long before and after the sound itself was broken, because the loudspeaker ran dry, nothing is compared. Units: ms. */
const brokenBeforeMs = 250;
const brokenAfterMs = 1000;
/** Fewer samples are what drift correction adds and takes away. Units: ms. */
const gapMs = 1;

export function compareEdges(sightings: EdgeSightings): EchoFigures {
  const { echoDelayMs, periodMs, perMs, fromMs, toMs } = sightings;
  const played = nearest(sightings.playedMs);
  const rendered = nearest(sightings.renderedMs);
  const heard = nearest(sightings.heard.map(({ ms }) => ms));
  const broken = sightings.heard.flatMap(({ ms }, i) => {
    const before = sightings.heard[i - 1];
    return before && Math.abs(ms - before.ms - periodMs) > gapMs ? [before.ms, ms] : [];
  });
  const isWhole = (ms: number): boolean =>
    !broken.some((at) => ms >= at - brokenBeforeMs && ms <= at + brokenAfterMs);
  const rows = sightings.captured
    .filter(({ ms }) => ms >= fromMs && ms <= toMs && isWhole(ms))
    .flatMap((edge) => {
      const inRecording = sightings.heard[heard(edge.ms)];
      if (!inRecording || Math.abs(inRecording.ms - edge.ms) > periodMs / 2) return [];
      const sentMs = sightings.playedMs[played(inRecording.ms - echoDelayMs)];
      const saidMs = sightings.renderedMs[rendered(edge.ms - echoDelayMs)];
      if (sentMs === undefined || saidMs === undefined) return [];
      return [{ edge, inRecording, delayMs: edge.ms - saidMs, roomMs: inRecording.ms - sentMs }];
    });
  const captureGaps = rows.filter((row, i) => {
    const before = rows[i - 1];
    if (!before) return false;
    const captured = row.edge.frame - before.edge.frame;
    const recorded = row.inRecording.frame - before.inRecording.frame;
    if (broken.some((at) => at > before.edge.ms && at < row.edge.ms)) return false;
    return Math.abs(captured - recorded) > gapMs * perMs;
  }).length;
  return {
    edges: rows.length,
    captureGaps,
    delayMs: spread(rows.map(({ delayMs }) => delayMs)),
    roomMs: spread(rows.map(({ roomMs }) => roomMs)),
    offMs: spread(rows.map(({ delayMs, roomMs }) => delayMs - roomMs)),
  };
}

/** Finds the index of the value that is nearest to one; values ascend. */
function nearest(values: readonly number[]): (value: number) => number {
  return (value) => {
    let low = 0;
    let high = values.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    const before = values[low - 1];
    return before !== undefined && value - before < (values[low] as number) - value ? low - 1 : low;
  };
}

function spread(values: readonly number[]): Spread {
  const tenth = Math.max(1, Math.floor(values.length / 10));
  return {
    least: Math.min(...values),
    low: quantile(values, 0.01),
    high: quantile(values, 0.99),
    middle: median(values),
    most: Math.max(...values),
    drift: median(values.slice(-tenth)) - median(values.slice(0, tenth)),
  };
}
