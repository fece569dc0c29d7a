import { type Observable, Subject } from 'rxjs';
import type { DeviceFactName, DeviceReport } from '../ports/device-report.js';
import { createLateness } from './lateness.js';

export type XrunWitness = 'driver' | 'feed' | 'clock';

/** Collects what a loudspeaker tells about itself, over all its openings. */
export interface PlayoutReports {
  /** Hot. While nobody listens nothing is collected. */
  readonly reports$: Observable<DeviceReport>;
  fact(fact: DeviceFactName, detail: string): void;
  /** The device ran dry. Who saw it: one event may be told by the driver, be known from what it was given, and show in its clock. */
  xrun(nowMs: number, seenBy: XrunWitness, detail: string): void;
  /** What was written did not fit. Units: ms of audio. */
  dropped(nowMs: number, ms: number): void;
  /** What the device had, ahead of what was audible. Units: ms. */
  lead(ms: number): void;
  /** How late a position came. Units: ms. */
  arrival(latenessMs: number): void;
  /** How late a timer came. Units: ms. */
  lag(ms: number): void;
  /** The device was opened: what was collected before does not count. */
  open(nowMs: number): void;
  tick(nowMs: number, driftPpm: number | null): void;
}

const reportEveryMs = 10_000;
/** What happens more often than this is told as one. Units: ms. */
const togetherMs = 1000;

export function createPlayoutReports(): PlayoutReports {
  const reports = new Subject<DeviceReport>();
  const jitter = createLateness();
  let lowWaterMs = Infinity;
  let loopLagMs = 0;
  let measuredMs = 0;
  let lastXrun: { readonly atMs: number; readonly seenBy: XrunWitness | 'both' } | undefined;
  let drops = { count: 0, ms: 0, toldMs: Number.NEGATIVE_INFINITY };

  const tell = (fact: DeviceFactName, detail: string, count = 1): void => {
    reports.next({ type: 'fact', fact, detail, count });
  };
  function tellDrops(nowMs: number): void {
    if (drops.count === 0 || nowMs - drops.toldMs < togetherMs) return;
    tell('playout-dropped', `${drops.ms.toFixed(1)} ms did not fit into the queue`, drops.count);
    drops = { count: 0, ms: 0, toldMs: nowMs };
  }
  function begin(nowMs: number): void {
    measuredMs = nowMs;
    lowWaterMs = Infinity;
    loopLagMs = 0;
    jitter.take();
  }

  return {
    reports$: reports.asObservable(),
    fact: (fact, detail) => tell(fact, detail),
    xrun(nowMs, seenBy, detail) {
      const recent = lastXrun && nowMs - lastXrun.atMs < togetherMs ? lastXrun.seenBy : undefined;
      const isKnown =
        recent !== undefined && (seenBy === 'clock' || (recent !== 'both' && recent !== seenBy));
      lastXrun = { atMs: nowMs, seenBy: isKnown ? 'both' : seenBy };
      if (!isKnown) tell('playout-xrun', detail);
    },
    dropped(nowMs, ms) {
      drops = { ...drops, count: drops.count + 1, ms: drops.ms + ms };
      tellDrops(nowMs);
    },
    lead(ms) {
      lowWaterMs = Math.min(lowWaterMs, ms);
    },
    arrival(latenessMs) {
      if (reports.observed) jitter.add(Math.max(0, latenessMs));
    },
    lag(ms) {
      loopLagMs = Math.max(loopLagMs, ms);
    },
    open: begin,
    tick(nowMs, driftPpm) {
      tellDrops(nowMs);
      if (nowMs - measuredMs < reportEveryMs) return;
      if (reports.observed) {
        reports.next({
          type: 'measured',
          lowWaterMs: Number.isFinite(lowWaterMs) ? Math.max(0, lowWaterMs) : null,
          jitterMs: jitter.take(),
          loopLagMs,
          driftPpm,
        });
      }
      begin(nowMs);
    },
  };
}
