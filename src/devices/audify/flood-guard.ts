/**
 * How far a device may run ahead of the clock. Units: ms. What a stalled program gets in one burst afterwards only makes up for the stall and
 * is never ahead; a server that died makes the library deliver up to 190 000 buffers a second.
 */
const maxAheadMs = 400;
/** A baseline is the most that was ahead within this. Units: ms. In twice that two clocks drift apart by less than 60 ms. */
const windowMs = 30_000;

/** Tells when more audio has passed than can have. */
export interface FloodGuard {
  /** Another buffer passed. @returns true when the device runs ahead of the clock. */
  pass(durationMs: number, atMs: number): boolean;
}

/** A guard of a stream that starts at `startMs`. */
export function createFloodGuard(startMs: number): FloodGuard {
  let passedMs = 0;
  let windowStartMs = startMs;
  /** The most that was ahead in the window before; nothing was, at the start. */
  let baselineMs = 0;
  let mostMs = Number.NEGATIVE_INFINITY;
  return {
    pass(durationMs, atMs) {
      passedMs += durationMs;
      const aheadMs = passedMs - (atMs - startMs);
      if (atMs - windowStartMs >= windowMs) {
        // Only a window that saw something says something.
        if (mostMs > Number.NEGATIVE_INFINITY) baselineMs = mostMs;
        mostMs = Number.NEGATIVE_INFINITY;
        windowStartMs = atMs;
      }
      if (aheadMs - baselineMs > maxAheadMs) return true;
      mostMs = Math.max(mostMs, aheadMs);
      return false;
    },
  };
}
