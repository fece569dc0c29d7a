import type { Timeline } from '../core/hardware/timeline.js';

/** The pace of whichever loudspeaker is open, as one time line. */
export interface SharedTimeline extends Timeline {
  /** From now on this one sets the pace; the time line goes on where it was. */
  follow(timeline: Timeline): void;
}

/** Before the first loudspeaker was opened, it keeps the pace of the scheduler. */
export function createSharedTimeline(): SharedTimeline {
  let leader: Timeline = { at: (ms) => ms };
  /** What is added to the leader's time. */
  let offsetMs = 0;
  let lastMs = 0;
  let last = 0;
  return {
    at(ms) {
      lastMs = ms;
      last = leader.at(ms) + offsetMs;
      return last;
    },
    follow(next) {
      if (next === leader) return;
      leader = next;
      offsetMs = last - next.at(lastMs);
    },
  };
}
