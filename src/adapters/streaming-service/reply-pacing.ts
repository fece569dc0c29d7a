import type { SchedulerLike, Subscription } from 'rxjs';

/** How often elapsed time is added up. Units: ms. */
const tickMs = 250;
/** Without a report for so long, what is heard is guessed from elapsed time again. Units: ms. */
const reportGraceMs = 2000;

/** How far a reply may run ahead, and what to do about it. */
export interface ReplyPacingInput {
  /** Received and not heard. Units: ms of audio. */
  readonly maxAheadMs: number;
  readonly scheduler: SchedulerLike;
  readonly pause: () => void;
  /** @param pausedMs - how long the pause was. */
  readonly resume: (pausedMs: number) => void;
}

/** Keeps what was received of one reply and not heard within a bound. */
export interface ReplyPacing {
  /** So much more audio came. Units: ms. */
  received(durationMs: number): void;
  /** So much of the reply left the loudspeaker. Units: ms. */
  heard(heardMs: number): void;
  stop(): void;
}

/**
 * Pause a reply that is too far ahead of what the user has heard, and let it go on when half of that is left.
 *
 * @remarks
 * Where nobody reports what was heard, or no longer does, the time since the first audio, or since the last report,
 * counts as heard: a pause ends whatever the consumer does. Time is counted in ticks of 250 ms, since clocks jump.
 */
export function createReplyPacing({ maxAheadMs, scheduler, pause, resume }: ReplyPacingInput): ReplyPacing {
  let receivedMs = 0;
  let heardMs = 0;
  let isReported = false;
  let sinceReportMs = 0;
  let paused = false;
  let pausedMs = 0;
  let ticking: Subscription | undefined;
  let stopped = false;

  function look(): void {
    const aheadMs = receivedMs - heardMs;
    if (!paused && aheadMs > maxAheadMs) {
      paused = true;
      pausedMs = 0;
      pause();
    } else if (paused && aheadMs <= maxAheadMs / 2) {
      paused = false;
      resume(pausedMs);
    }
  }

  function tick(): void {
    ticking = stopped ? undefined : scheduler.schedule(tick, tickMs);
    sinceReportMs += tickMs;
    if (paused) pausedMs += tickMs;
    if (isReported && sinceReportMs <= reportGraceMs) return;
    heardMs = Math.min(receivedMs, heardMs + tickMs);
    look();
  }

  return {
    received(durationMs) {
      if (stopped) return;
      receivedMs += durationMs;
      ticking ??= scheduler.schedule(tick, tickMs);
      look();
    },
    heard(reportedMs) {
      if (stopped) return;
      isReported = true;
      sinceReportMs = 0;
      heardMs = Math.min(receivedMs, Math.max(0, reportedMs));
      look();
    },
    stop() {
      stopped = true;
      ticking?.unsubscribe();
    },
  };
}
