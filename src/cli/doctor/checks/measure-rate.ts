import { defer, last, map, type Observable, type SchedulerLike, scan, takeWhile } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../../../index.js';

/** What an open device did. */
export interface RateFigures {
  readonly format: PcmFormat;
  /** What it gives or takes in truth, per channel. Units: Hz. */
  readonly measuredHz: number;
  /** Largest sample that came. Range: 0..1 and more. */
  readonly peak: number;
}

/** What is there first may have waited, and a sound server takes its time to find its pace: it does not count. Units: ms. */
const settleMs = 500;
/** So long is measured at a time. Units: ms. */
const windowMs = 1000;
/** On a busy machine the pace is found late, so that a rate that is off is measured again, so often. */
const mostWindows = 5;
/** So near is right. */
const tolerance = 0.015;
/** The longest that it takes from the first frame on. Units: ms. */
export const longestMs = settleMs + mostWindows * windowMs;

/** Sums of a line through the count of samples over the time at which they came. */
interface Line {
  readonly fromMs: number;
  readonly samples: number;
  readonly n: number;
  readonly t: number;
  readonly s: number;
  readonly tt: number;
  readonly ts: number;
}

interface Measuring {
  readonly format: PcmFormat;
  readonly peak: number;
  readonly line: Line;
  /** Of the windows so far. Units: Hz. */
  readonly rates: readonly number[];
  readonly measuredHz: number | undefined;
}

/**
 * Measure at which rate frames come.
 *
 * @remarks
 * Emits once and completes: after a second and a half when the rate is what it should be, and after `longestMs` with the median of five
 * measures when it is not. By least squares, so that one frame that comes late moves the result little.
 * Errors with what the device errors with.
 */
export function measureRate(
  frames$: Observable<AudioFrame>,
  scheduler: SchedulerLike,
): Observable<RateFigures> {
  return defer(() =>
    frames$.pipe(
      scan((before: Measuring | undefined, frame) => step(before, frame, scheduler.now()), undefined),
      map((measuring) => measuring as Measuring),
      takeWhile(({ measuredHz }) => measuredHz === undefined, true),
      last(),
      map(({ format, peak, measuredHz = 0 }) => ({ format, peak, measuredHz })),
    ),
  );
}

const lineFrom = (fromMs: number): Line => ({ fromMs, samples: 0, n: 0, t: 0, s: 0, tt: 0, ts: 0 });

function step(before: Measuring | undefined, frame: AudioFrame, nowMs: number): Measuring {
  const { format, samples, samplesPerChannel } = frame;
  const { peak, rates, line } = before ?? { peak: 0, rates: [], line: lineFrom(nowMs + settleMs) };
  const heard = samples.reduce((most, one) => Math.max(most, Math.abs(one)), peak);
  const going = { format, peak: heard, measuredHz: undefined, rates };
  const t = nowMs - line.fromMs;
  if (t < 0) return { ...going, line };
  const longer = extended(line, t, samplesPerChannel);
  if (t < windowMs) return { ...going, line: longer };
  const rate = slopeOf(longer);
  const told = [...rates, rate];
  const isRight = Math.abs(rate / format.sampleRateHz - 1) <= tolerance;
  const measuredHz = isRight ? rate : told.length === mostWindows ? medianOf(told) : undefined;
  return { ...going, line: lineFrom(nowMs), rates: told, measuredHz };
}

function extended(line: Line, t: number, more: number): Line {
  const samples = line.samples + more;
  return {
    fromMs: line.fromMs,
    samples,
    n: line.n + 1,
    t: line.t + t,
    s: line.s + samples,
    tt: line.tt + t * t,
    ts: line.ts + t * samples,
  };
}

/** Units: samples in a second. */
function slopeOf({ n, t, s, tt, ts }: Line): number {
  const spread = n * tt - t * t;
  return spread > 0 ? (1000 * (n * ts - t * s)) / spread : 0;
}

const medianOf = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
