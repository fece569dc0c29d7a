import type { DeviceError } from '../errors.js';
import { neverPlayed, playedAhead, standsStill } from './playout-errors.js';
import { createSilenceWatch } from './silence-watch.js';

/** Sees when a device does not play, or plays faster than anything can. */
export interface PlayoutWatch {
  /**
   * A stream is being opened.
   *
   * @param startsWithinMs - how long it may take from having opened to being audible.
   * @param isFirst - nothing was audible before: then it is not lost but held.
   */
  open(nowMs: number, startsWithinMs: number, isFirst: boolean): void;
  opened(nowMs: number): void;
  /** @param playedMs - what the device claims to have played since it was opened. */
  report(playedMs: number, atMs: number, nowMs: number): DeviceError | undefined;
  /** Called every few ms while there is a stream. */
  tick(nowMs: number): DeviceError | undefined;
  /** For how long nothing was heard of progress, as far as this process was there to hear it. Units: ms. */
  readonly quietMs: number;
  /** There is no stream. */
  close(): void;
}

export interface PlayoutWatchOptions {
  readonly label: string;
  readonly openTimeoutMs: number;
  readonly stallMs: number;
  readonly aheadMs: number;
}

/** A tick that came late counts for twice this at most: what was reported meanwhile waits to be read. Units: ms. */
const tickMs = 25;
/** How fast the best of the positions may rise against time. Above any drift, far below any flood. Units: ms per ms. */
const mostGain = 0.01;
/** The best is sought over the latest two of these. Units: ms. Longer than usual stalls of a process. */
const windowMs = 2000;

export function createPlayoutWatch({
  label,
  openTimeoutMs,
  stallMs,
  aheadMs,
}: PlayoutWatchOptions): PlayoutWatch {
  let state: 'closed' | 'opening' | 'starting' | 'playing' = 'closed';
  let quiet = createSilenceWatch(tickMs, 0);
  let limitMs = 0;
  let wasFirst = true;
  let played = 0;
  let openedMs = 0;
  let pace = { bestMs: 0, beforeMs: 0, sinceMs: 0, lastMs: 0 };

  /** How much more was played than a device can that was at its best in the last seconds. */
  function aheadOf(playedMs: number, atMs: number): number {
    const lead = playedMs - (atMs - openedMs);
    const best = Math.max(pace.bestMs, pace.beforeMs);
    const credible = Math.min(lead, best + mostGain * Math.max(0, atMs - pace.lastMs));
    const isOver = atMs - pace.sinceMs >= windowMs;
    pace = {
      beforeMs: isOver ? pace.bestMs : pace.beforeMs,
      bestMs: isOver ? credible : Math.max(pace.bestMs, credible),
      sinceMs: isOver ? atMs : pace.sinceMs,
      lastMs: atMs,
    };
    return lead - best;
  }

  return {
    open(nowMs, startsWithinMs, isFirst) {
      state = 'opening';
      quiet = createSilenceWatch(tickMs, nowMs);
      limitMs = startsWithinMs;
      wasFirst = isFirst;
      played = 0;
    },
    opened(nowMs) {
      state = 'starting';
      openedMs = nowMs;
      quiet.heard(nowMs);
      pace = { bestMs: 0, beforeMs: 0, sinceMs: nowMs, lastMs: nowMs };
    },
    report(playedMs, atMs, nowMs) {
      if (playedMs > played) {
        played = playedMs;
        state = 'playing';
        quiet.heard(nowMs);
      }
      const byMs = aheadOf(playedMs, atMs);
      return byMs > aheadMs ? playedAhead(label, byMs) : undefined;
    },
    tick(nowMs) {
      if (state === 'closed') return undefined;
      quiet.tick(nowMs);
      const { quietMs } = quiet;
      const patienceMs = { opening: openTimeoutMs, starting: limitMs, playing: stallMs }[state];
      if (quietMs < patienceMs) return undefined;
      if (state === 'opening' || (wasFirst && state === 'starting'))
        return neverPlayed(label, state !== 'opening', quietMs);
      return standsStill(label, quietMs);
    },
    get quietMs() {
      return quiet.quietMs;
    },
    close() {
      state = 'closed';
    },
  };
}
