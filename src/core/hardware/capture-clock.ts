import { type ClockReset, createStreamClock, type StreamClock } from './stream-clock.js';

/** The clock of an input stream, from its opening on. */
export interface CaptureClock extends StreamClock {
  /** False until the first blocks have shown when the stream began. */
  readonly isSettled: boolean;
  /** How much more has been delivered than time has passed. Units: ms. Below 0 when less was. */
  readonly aheadMs: number;
}

/**
 * The first block may have come late, for instance because this process was busy. Blocks are looked at for this long before
 * the stream is said to have begun. Units: ms. Some periods of any device (10 to 20 ms).
 */
const settleMs = 60;
/** As a guard against a machine that stands still meanwhile: then this much is enough. Units: ms of audio. */
const mostSettlingMs = 4000;
/**
 * What comes earlier than the clock says by more than this shows that the clock is late, and it is set anew. Less is waited for
 * and made up for slowly, so that the time line has no step. Units: ms. Twice the usual period.
 */
const believeAheadMs = 40;

/**
 * The stream clock of a microphone, with a begin.
 *
 * @param openedMs - when the device was opened: nothing can have been captured before.
 */
export function createCaptureClock(sampleRateHz: number, openedMs: number): CaptureClock {
  const perMs = sampleRateHz / 1000;
  // While it settles, each block that is less late than the ones before it is the new truth.
  let clock = createStreamClock(sampleRateHz, { believeAheadMs: 0 });
  let firstMs: number | undefined;
  let isSettled = false;
  let aheadMs = 0;
  /** What was believed of being ahead. */
  let believedMs = 0;

  function settle(count: number, atMs: number): void {
    isSettled = true;
    const first = clock;
    clock = createStreamClock(sampleRateHz, { believeAheadMs });
    clock.observe(first.countAt(atMs), atMs);
    believedMs = 0;
    aheadMs = (count - clock.countAt(atMs)) / perMs;
  }

  return {
    observe(count, atMs): ClockReset | undefined {
      const reset = clock.observe(count, atMs);
      if (firstMs === undefined) {
        firstMs = atMs;
        believedMs = count / perMs - (atMs - openedMs);
      }
      // What is missing for good must not hide it when the device runs ahead later.
      if (reset) believedMs = isSettled ? Math.max(0, believedMs + reset.byMs) : believedMs + reset.byMs;
      aheadMs = believedMs + (count - clock.countAt(atMs)) / perMs;
      if (isSettled) return reset;
      if (atMs - firstMs >= settleMs || count > mostSettlingMs * perMs) settle(count, atMs);
      return undefined;
    },
    disturb: () => clock.disturb(),
    countAt: (ms) => clock.countAt(ms),
    msAt: (count) => clock.msAt(count),
    get driftPpm() {
      return clock.driftPpm;
    },
    get isSettled() {
      return isSettled;
    },
    get aheadMs() {
      return aheadMs;
    },
  };
}
