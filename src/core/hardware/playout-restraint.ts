import type { PlayoutCarrier } from './playout-carrier.js';
import type { PlayoutClock, PlayoutNews } from './playout-clock.js';
import type { PlayoutRenderer } from './playout-renderer.js';
import type { PlayoutReports } from './playout-reports.js';
import type { PlayoutTape } from './playout-tape.js';

/** What a restraint works on. */
export interface PlayoutRestraintParts {
  readonly tape: PlayoutTape;
  readonly clock: PlayoutClock;
  readonly carrier: PlayoutCarrier;
  readonly renderer: PlayoutRenderer;
  readonly reports: PlayoutReports;
  /** Sample frames in a millisecond. */
  readonly perMs: number;
}

/** Keeps the clock to what a device can have done, and tells where it was not. */
export interface PlayoutRestraint {
  /** The clock knows nothing of what a device cannot do: play what it was not given, or what it has not begun to play. */
  restrain(nowMs: number): void;
  /** The device was found elsewhere, or a stream that was opened anew is audible. */
  learn(news: PlayoutNews, nowMs: number): void;
}

/** Where nothing but the scheduler paces the time line, it skips a longer standstill of this process. Units: ms. */
const longestCatchUpMs = 1000;
/** An error of where a stream was expected to begin that is worth a step of the time line, with audio under way. Units: ms. */
const worthAStepMs = 3;

export function createPlayoutRestraint(parts: PlayoutRestraintParts): PlayoutRestraint {
  const { tape, clock, carrier, renderer, reports, perMs } = parts;

  function setClock(index: number, nowMs: number, why: string): void {
    const byMs = clock.setTo(index, nowMs);
    reports.fact('clock-reset', `${why}: ${byMs.toFixed(1)} ms`);
  }

  /** The stream begins later or earlier than was thought. Only silence that nobody has heard yet can make up for it. */
  function moveStream(by: number): boolean {
    if (!tape.stretchSilence(renderer.cursor, by)) return false;
    carrier.shift(by);
    return true;
  }

  /** A stream that was handed nothing yet plays nothing yet: it begins with what it is handed first. */
  function waitForFirst(missing: number): boolean {
    const start = carrier.handedEnd;
    if (carrier.writer?.handed !== 0 || tape.written !== tape.writtenBefore(start)) return false;
    const frames = Math.ceil(missing);
    tape.appendSilence(start + frames - tape.end);
    carrier.shift(frames);
    return true;
  }

  return {
    restrain(nowMs) {
      if (!carrier.writer) {
        const behindMs = nowMs - renderer.nextMs();
        if (behindMs > longestCatchUpMs) setClock(renderer.cursor, nowMs, 'this process stood still');
        return;
      }
      const end = carrier.handedEnd;
      const missing = clock.indexAt(nowMs) - end;
      const missingMs = missing / perMs;
      if (missing > 0 && !waitForFirst(missing)) {
        if (carrier.isAudible) {
          reports.xrun(nowMs, 'feed', `nothing was handed over for ${missingMs.toFixed(1)} ms`);
          clock.disturb();
        }
        setClock(end, nowMs, 'the device ran dry');
      }
      const excess = Math.ceil(carrier.excessAt(nowMs));
      if (excess > 0 && !moveStream(excess)) {
        setClock(clock.indexAt(nowMs) - excess, nowMs, 'the stream has not begun yet');
      }
    },
    learn(news, nowMs) {
      if (news.type === 'reset') {
        reports.fact('clock-reset', `the position was not where it was expected: ${news.byMs.toFixed(1)} ms`);
        if (news.byMs < 0) {
          reports.xrun(nowMs, 'clock', `the device stood still for ${(-news.byMs).toFixed(1)} ms`);
        }
      } else if (!moveStream(Math.round(-news.aheadFrames))) {
        if (Math.abs(news.aheadFrames) <= worthAStepMs * perMs) return;
        setClock(
          clock.indexAt(nowMs) + news.aheadFrames,
          nowMs,
          'the stream did not begin when it was expected',
        );
      }
    },
  };
}
