import { type SchedulerLike, Subscription } from 'rxjs';

/** Counts what a player was given and what it has played, so that what waits for it has a bound. Sample frames. */
export interface PlayoutBacklog {
  /** What it was given. */
  readonly written: number;
  wrote(frames: number): void;
  /** It has played so many in all. */
  played(frames: number): void;
  close(): void;
}

/**
 * A player that has not played this much of what it was given is stuck; a stopped program would fill the memory. Units: ms. Fifty times
 * what keeps it from running dry.
 */
export const longestBacklogMs = 2000;

/** @param lost - called once, and never while `wrote` runs. The text continues "the loudspeaker ...". */
export function createPlayoutBacklog(
  sampleRateHz: number,
  scheduler: SchedulerLike,
  lost: (how: string) => void,
): PlayoutBacklog {
  const stuck = new Subscription();
  let written = 0;
  let heard = 0;
  let isStuck = false;
  return {
    get written() {
      return written;
    },
    wrote(frames) {
      written += frames;
      if (isStuck || (written - heard) * 1000 <= longestBacklogMs * sampleRateHz) return;
      isStuck = true;
      stuck.add(scheduler.schedule(() => lost(`has not played ${longestBacklogMs} ms of what it was given`)));
    },
    played(frames) {
      heard = Math.max(heard, frames);
    },
    close: () => stuck.unsubscribe(),
  };
}
