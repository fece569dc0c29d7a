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

/** What is there first may have waited, so it does not count. Units: ms. */
const settleMs = 300;

/** Sums of a line through the count of samples over the time at which they came. */
interface Sums {
  readonly firstMs: number;
  readonly samples: number;
  readonly n: number;
  readonly t: number;
  readonly s: number;
  readonly tt: number;
  readonly ts: number;
  readonly peak: number;
  readonly lastMs: number;
  readonly format: PcmFormat;
}

/**
 * Measure at which rate frames come, over a time.
 *
 * @remarks
 * Emits once, `overMs` after the device has settled, and completes. By least squares: one frame that comes late moves the result little.
 * Errors with what the device errors with.
 */
export function measureRate(
  frames$: Observable<AudioFrame>,
  scheduler: SchedulerLike,
  overMs: number,
): Observable<RateFigures> {
  return defer(() =>
    frames$.pipe(
      scan((sums: Sums | undefined, frame) => step(sums, frame, scheduler.now()), undefined),
      map((sums) => sums as Sums),
      takeWhile(({ firstMs, lastMs }) => lastMs - firstMs < settleMs + overMs, true),
      last(),
      map(({ format, n, t, s, tt, ts, peak }) => {
        const spread = n * tt - t * t;
        return { format, measuredHz: spread > 0 ? (1000 * (n * ts - t * s)) / spread : 0, peak };
      }),
    ),
  );
}

function step(before: Sums | undefined, frame: AudioFrame, nowMs: number): Sums {
  const { format, samples, samplesPerChannel } = frame;
  const sums = before ?? {
    firstMs: nowMs,
    samples: 0,
    n: 0,
    t: 0,
    s: 0,
    tt: 0,
    ts: 0,
    peak: 0,
    lastMs: nowMs,
    format,
  };
  const t = nowMs - sums.firstMs;
  const count = sums.samples + samplesPerChannel;
  const peak = samples.reduce((most, one) => Math.max(most, Math.abs(one)), sums.peak);
  const moved = { ...sums, samples: count, lastMs: nowMs, peak };
  if (t < settleMs) return moved;
  return {
    ...moved,
    n: sums.n + 1,
    t: sums.t + t,
    s: sums.s + count,
    tt: sums.tt + t * t,
    ts: sums.ts + t * count,
  };
}
