import type { DeviceFactName, DeviceReport } from '../ports/device-report.js';
import { createLateness } from './lateness.js';
import type { ClockReset } from './stream-clock.js';

/** Collects what one opening of a microphone tells about itself. */
export interface CaptureReports {
  /**
   * The device said that it had lost samples. How many, the clock shows; it is told then.
   *
   * @returns false while another one is still being looked into.
   */
  overrun(nowMs: number, detail: string): boolean;
  /** The clock was set anew. @param leftOutMs - how much had no place on the time line because of it. */
  reset(reset: ClockReset, leftOutMs: number): void;
  /** How late a block came. Units: ms. */
  arrival(latenessMs: number): void;
  /** Called every few ms. Whether a summary is due. */
  isDue(nowMs: number): boolean;
  measure(nowMs: number, loopLagMs: number, driftPpm: number | null): void;
}

interface Overrun {
  readonly detail: string;
  readonly atMs: number;
  readonly count: number;
}

const reportEveryMs = 10_000;
/** By then the clock has shown what an overrun has cost. Units: ms. */
const overrunSeenMs = 500;

export function createCaptureReports(openedMs: number, tell: (report: DeviceReport) => void): CaptureReports {
  const lateness = createLateness();
  let pending: Overrun | undefined;
  let measuredMs = openedMs;

  const tellFact = (fact: DeviceFactName, detail: string, count = 1): void =>
    tell({ type: 'fact', fact, detail, count });

  function tellLoss(detail: string): void {
    const overrun = pending;
    pending = undefined;
    if (overrun) tellFact('capture-xrun', `${detail}; the device said: ${overrun.detail}`, overrun.count);
    else tellFact('capture-xrun', detail);
  }

  return {
    overrun(nowMs, detail) {
      const isFirst = pending === undefined;
      pending = { detail, atMs: pending?.atMs ?? nowMs, count: (pending?.count ?? 0) + 1 };
      return isFirst;
    },
    reset({ byMs }, leftOutMs) {
      if (byMs < 0) {
        tellLoss(`${(-byMs).toFixed(1)} ms were lost`);
        return;
      }
      const leftOut = leftOutMs > 0 ? `; ${leftOutMs.toFixed(1)} ms were left out` : '';
      tellFact('clock-reset', `the device delivers ${byMs.toFixed(1)} ms earlier than it did${leftOut}`);
    },
    arrival: (latenessMs) => lateness.add(Math.max(0, latenessMs)),
    isDue(nowMs) {
      if (pending && nowMs - pending.atMs > overrunSeenMs) tellLoss('less than 20 ms were lost');
      return nowMs - measuredMs >= reportEveryMs;
    },
    measure(nowMs, loopLagMs, driftPpm) {
      measuredMs = nowMs;
      tell({ type: 'measured', lowWaterMs: null, jitterMs: lateness.take(), loopLagMs, driftPpm });
    },
  };
}
