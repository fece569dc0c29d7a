import type { Timeline } from './timeline.js';

/** A time line that can be given another clock to keep to. */
export interface PlayoutTimeline extends Timeline {
  /**
   * Keep to this clock from now on, without a step.
   *
   * @param clockMs - what it shows at a time on the scheduler's clock. Units: ms.
   */
  follow(clockMs: (ms: number) => number, nowMs: number): void;
  /** Let the clock be set anew, and show nothing of it but the pace. */
  unmoved<T>(nowMs: number, change: () => T): T;
}

/** Shows the scheduler's time until there is a clock to follow. */
export function createPlayoutTimeline(): PlayoutTimeline {
  let clockMs = (ms: number): number => ms;
  let offsetMs = 0;
  const at = (ms: number): number => clockMs(ms) + offsetMs;
  const unmoved = <T>(nowMs: number, change: () => T): T => {
    const shownMs = at(nowMs);
    const result = change();
    offsetMs += shownMs - at(nowMs);
    return result;
  };
  return {
    at,
    unmoved,
    follow(nextMs, nowMs) {
      unmoved(nowMs, () => {
        clockMs = nextMs;
      });
    },
  };
}
