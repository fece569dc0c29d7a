/** Watches that something keeps coming, without mistaking a standstill of this process for one of the device. */
export interface SilenceWatch {
  /** For how long nothing has come, as far as this process was there to see it. Units: ms. */
  readonly quietMs: number;
  /** How much too late the latest ticks came, at most. Units: ms. */
  readonly maxLagMs: number;
  /** Something came. */
  heard(nowMs: number): void;
  /** Called every `tickMs`. */
  tick(nowMs: number): void;
  /** Begin to look for the latest of the ticks anew. */
  forgetLag(): void;
}

/**
 * Count silence in ticks of a timer.
 *
 * @remarks
 * A tick that came late counts for two at most. What has come in the meantime waits to be read, and timers run before reading:
 * whoever only looked at the clock would take a stall of the event loop for a device that was lost.
 */
export function createSilenceWatch(tickMs: number, startMs: number): SilenceWatch {
  let lastTickMs = startMs;
  let quietMs = 0;
  let maxLagMs = 0;
  return {
    get quietMs() {
      return quietMs;
    },
    get maxLagMs() {
      return maxLagMs;
    },
    heard(nowMs) {
      // The part of the present tick that is over does not count when it ends.
      quietMs = -Math.min(nowMs - lastTickMs, 2 * tickMs);
    },
    tick(nowMs) {
      const elapsedMs = nowMs - lastTickMs;
      lastTickMs = nowMs;
      maxLagMs = Math.max(maxLagMs, elapsedMs - tickMs);
      quietMs += Math.min(elapsedMs, 2 * tickMs);
    },
    forgetLag() {
      maxLagMs = 0;
    },
  };
}
