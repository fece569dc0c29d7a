import type { PlayoutTimeline } from './playout-timeline.js';
import { createStreamClock } from './stream-clock.js';

/** What was learnt from a report of the device. */
export type PlayoutNews =
  /** The stream that was opened last is audible. It is this much ahead of where it was thought to be. Units: tape frames. */
  | { readonly type: 'audible'; readonly aheadFrames: number }
  /** What no drift explains: the clock was set anew. Units: ms; negative when the device stood still. */
  | { readonly type: 'reset'; readonly byMs: number };

/**
 * Which frame of the tape leaves the loudspeaker when.
 *
 * @remarks
 * One clock over all streams of a sink: between two streams it goes on at the pace of the device. Units: ms on the scheduler's
 * clock; indices on the tape, fractions included.
 */
export interface PlayoutClock {
  /** False until the first stream has been heard of. */
  readonly isRunning: boolean;
  readonly driftPpm: number | null;
  /** How long streams took lately from being opened to being audible, rather too short than too long. Units: ms. */
  readonly startMs: number;
  indexAt(ms: number): number;
  msAt(index: number): number;
  /** How far the device may have come. Until it is known where the stream began: as far as it can have. */
  expectedAt(ms: number): number;
  /**
   * A stream was opened.
   *
   * @returns where on the tape its first frame lies: where it will be audible if it starts as the ones before it did.
   */
  begin(openedMs: number, framesPerDeviceFrame: number, notBefore: number): number;
  /** The stream begins elsewhere on the tape. */
  shift(by: number): void;
  /** The device told its position. */
  observe(playedFrames: number, atMs: number): PlayoutNews | undefined;
  /**
   * How much further the clock is than the device can be, while nothing is heard of a stream. Units: tape frames.
   *
   * @param deafMs - for so long since the opening this process stood still and could not hear anything.
   */
  excessAt(ms: number, deafMs: number): number;
  disturb(): void;
  /** @returns by how much it was set. Units: ms. */
  setTo(index: number, nowMs: number): number;
  /** There is no stream for a while. */
  coast(nowMs: number): void;
}

/** One report alone may be low by a period; so much is looked at before a stream is believed to have begun. */
const minReports = 3;
const minReportsMs = 50;
/** A running stream tells its position every 100 ms; if it has told none for so long, it is not running. Units: ms. */
const unheardMs = 150;
/** A report of no progress may be low by up to a period. Units: ms. */
const periodAtMostMs = 20;
/**
 * How many starts are remembered. The second shortest counts: on a busy machine a start seems longer than it was, and a stream that
 * begins earlier than expected may run dry, while one that begins later only moves.
 */
const startsKept = 5;

interface Beginning {
  readonly best: { readonly index: number; readonly atMs: number };
  readonly firstMs: number;
  readonly reports: number;
}

/** @param driftPpm - what is known of the device from before. */
export function createPlayoutClock(
  sampleRateHz: number,
  timeline: PlayoutTimeline,
  driftPpm: number,
): PlayoutClock {
  const perMs = sampleRateHz / 1000;
  // A position is to be within 10 ms, whether or not somebody says that the device ran dry. Reports are never early by more than 5 ms.
  // After an xrun, anything above the grain of reports shows what is missing; it may last a while.
  const clock = createStreamClock(sampleRateHz, {
    believeAheadMs: 10,
    lossMs: 8,
    windowMs: 200,
    disturbedLossMs: 6,
    disturbedWindows: 4,
    // While a program starts, it may be too busy to take a report in time.
    startsRoughly: true,
    driftPpm,
  });
  const starts: number[] = [];
  let isRunning = false;
  let base = 0;
  let ratio = 1;
  let openedMs = 0;
  /** Undefined once the stream is known to be audible. */
  let beginning: Beginning | 'unheard' | undefined;
  let last = { index: 0, atMs: 0 };
  let stillAtMs = Number.NEGATIVE_INFINITY;

  const startMs = (): number => [...starts].sort((a, b) => a - b)[starts.length < startsKept ? 0 : 1] ?? 0;

  function audible({ best }: Beginning, atMs: number): PlayoutNews {
    beginning = undefined;
    starts.push(Math.max(0, best.atMs - (best.index - base) / perMs - openedMs));
    if (starts.length > startsKept) starts.shift();
    if (isRunning) {
      const aheadFrames = best.index - clock.countAt(best.atMs);
      clock.coast(atMs);
      return { type: 'audible', aheadFrames };
    }
    isRunning = true;
    clock.observe(best.index, best.atMs);
    timeline.follow((ms) => clock.countAt(ms) / perMs, atMs);
    return { type: 'audible', aheadFrames: 0 };
  }

  function hearFirst(index: number, atMs: number): PlayoutNews | undefined {
    const before =
      typeof beginning === 'object' ? beginning : { best: { index, atMs }, firstMs: atMs, reports: 0 };
    const isBetter = index - before.best.index > (atMs - before.best.atMs) * perMs;
    const now: Beginning = {
      best: isBetter ? { index, atMs } : before.best,
      firstMs: before.firstMs,
      reports: before.reports + 1,
    };
    beginning = now;
    return now.reports >= minReports && atMs - now.firstMs >= minReportsMs ? audible(now, atMs) : undefined;
  }

  return {
    get isRunning() {
      return isRunning;
    },
    get driftPpm() {
      return clock.driftPpm;
    },
    get startMs() {
      return startMs();
    },
    indexAt: clock.countAt,
    msAt: clock.msAt,
    expectedAt(ms) {
      if (!beginning) return clock.countAt(ms);
      const atMost = last.index + Math.min(unheardMs, Math.max(0, ms - last.atMs)) * perMs;
      return isRunning ? Math.max(atMost, clock.countAt(ms)) : atMost;
    },
    begin(ms, framesPerDeviceFrame, notBefore) {
      base = isRunning ? Math.max(notBefore, Math.ceil(clock.countAt(ms + startMs()))) : notBefore;
      ratio = framesPerDeviceFrame;
      openedMs = ms;
      beginning = 'unheard';
      last = { index: base, atMs: ms };
      stillAtMs = Number.NEGATIVE_INFINITY;
      return base;
    },
    shift(by) {
      base += by;
    },
    observe(playedFrames, atMs) {
      const index = base + playedFrames * ratio;
      last = { index, atMs };
      if (beginning) {
        if (playedFrames > 0) return hearFirst(index, atMs);
        stillAtMs = atMs;
        return undefined;
      }
      const reset = timeline.unmoved(atMs, () => clock.observe(index, atMs));
      return reset && { type: 'reset', byMs: reset.byMs };
    },
    excessAt(ms, deafMs) {
      if (beginning !== 'unheard' || !isRunning) return 0;
      const limitMs = Math.min(unheardMs + deafMs, ms - stillAtMs + periodAtMostMs);
      return Math.max(0, clock.countAt(ms) - base - limitMs * perMs);
    },
    disturb: () => clock.disturb(),
    setTo: (index, nowMs) => timeline.unmoved(nowMs, () => clock.setTo(index, nowMs).byMs),
    coast(nowMs) {
      beginning = undefined;
      clock.coast(nowMs);
    },
  };
}
