import { type SchedulerLike, Subscription } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../audio/audio-frame.js';
import { sameInstantMs } from '../pacing/time-base.js';
import { createPlayoutCarrier, type OpeningReason } from './playout-carrier.js';
import { createPlayoutClock, type PlayoutNews } from './playout-clock.js';
import type { PlayoutDriver } from './playout-driver.js';
import { createPlayoutRenderer } from './playout-renderer.js';
import type { PlayoutReports } from './playout-reports.js';
import { createPlayoutRestraint } from './playout-restraint.js';
import { createPlayoutTape } from './playout-tape.js';
import type { PlayoutTimeline } from './playout-timeline.js';
import type { LoudspeakerSettings } from './streamed-loudspeaker-options.js';

/** What a line is made of, and whom it tells. */
export interface PlayoutLineParts {
  readonly driver: PlayoutDriver;
  readonly format: PcmFormat;
  readonly scheduler: SchedulerLike;
  readonly settings: LoudspeakerSettings;
  readonly timeline: PlayoutTimeline;
  readonly reports: PlayoutReports;
  /** What is known of the device from before. */
  readonly driftPpm: number;
  /** Audio that waits to be handed over; fewer frames where there are fewer. Ownership: it passes to the line. */
  take(frames: number): Float32Array;
  render(frame: AudioFrame): void;
  /** The device is audible; from now on there are frames and positions. */
  started(): void;
  /** Time has passed. @returns when to look again, at the latest. Units: ms. */
  advanced(nowMs: number): number;
  /** The device is gone; nothing comes any more. */
  failed(error: unknown): void;
}

/** One time line of audio, from its opening on, over however many driver streams. Counts are written sample frames. */
export interface PlayoutLine {
  readonly driftPpm: number | null;
  /** Handed over, and not taken back. */
  readonly written: number;
  /** Open the device. Called once. */
  start(): void;
  /** Of what was written, what has left the loudspeaker. */
  heard(): number;
  /** When the written frame with this number is over. Undefined where it has not been handed over. Units: ms. */
  endOfWrittenMs(count: number): number | undefined;
  /** Make sure that `advanced` is called by then. */
  lookAt(ms: number): void;
  /** Bring everything up to the present, and hand over what was written and is due. */
  catchUp(): void;
  /** There is audio to take. Opens a stream if there is none. */
  wake(): void;
  /** Take back what can be taken back without a gap. */
  cutSoft(): void;
  /** Nothing that was not rendered is heard any more. */
  cutHard(): void;
  /** Nothing is to be heard for now: stop the stream until there is. */
  sleep(): void;
  /** @returns what was heard in all: the frame under way counts. */
  close(): number;
}

/** What is handed over when something looks: silence only when nothing more can be written in the same breath. */
type Feeding = 'nothing' | 'audio' | 'audio or silence';

export function createPlayoutLine(parts: PlayoutLineParts): PlayoutLine {
  const { format, scheduler, settings, timeline, reports } = parts;
  const perMs = format.sampleRateHz / 1000;
  const tape = createPlayoutTape(format);
  const clock = createPlayoutClock(format.sampleRateHz, timeline, parts.driftPpm);
  const carrier = createPlayoutCarrier({ ...parts, tape, clock, opened, learnt, failed: fail });
  const history = (): number => carrier.writer?.history ?? 0;
  const renderer = createPlayoutRenderer(format, settings.periodMs, tape, clock, history, parts.render);
  const restraint = createPlayoutRestraint({ tape, clock, carrier, renderer, reports, perMs });
  let heard = 0;
  let isOver = false;
  let timer = Subscription.EMPTY;
  let dueMs = Infinity;

  /** Call what others have written; what they throw ends the line. */
  function guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      fail(error);
    }
  }

  function measureHeard(nowMs: number): number {
    if (isOver || !clock.isRunning) return heard;
    const index = clock.indexAt(nowMs);
    const nearest = Math.round(index);
    const reached = Math.abs(index - nearest) <= sameInstantMs * perMs ? nearest : index;
    heard = Math.max(heard, tape.writtenBefore(Math.min(reached, renderer.cursor)));
    return heard;
  }

  function feed(nowMs: number, mayPad: boolean): void {
    const { writer } = carrier;
    if (!writer) return;
    const expected = clock.expectedAt(nowMs);
    if (carrier.isAudible) reports.lead((carrier.handedEnd - expected) / perMs);
    const target = Math.ceil(expected + carrier.leadFrames);
    if (target <= tape.end) return;
    tape.appendSilence(Math.min(target, carrier.audioFrom) - tape.end);
    if (target > tape.end) tape.append(parts.take(target - tape.end));
    if (mayPad) tape.appendSilence(target - tape.end);
    // A device that begins with the little silence that was rendered meanwhile would run dry before there is more.
    else if (writer.handed === 0 && tape.written === tape.writtenBefore(carrier.handedEnd)) return;
    guarded(writer.sync);
  }

  function advance(feeding: Feeding): void {
    if (isOver) return;
    const nowMs = scheduler.now();
    if (clock.isRunning) restraint.restrain(nowMs);
    if (feeding !== 'nothing') feed(nowMs, feeding === 'audio or silence');
    if (clock.isRunning) renderer.render(nowMs);
  }

  function lookAt(ms: number): void {
    if (isOver || ms >= dueMs) return;
    timer.unsubscribe();
    dueMs = ms;
    timer = scheduler.schedule(tick, Math.max(0, ms - scheduler.now()));
  }

  function tick(): void {
    const nowMs = scheduler.now();
    reports.lag(nowMs - dueMs);
    dueMs = Infinity;
    carrier.tick(nowMs);
    advance('audio or silence');
    let nextMs = nowMs + settings.periodMs;
    if (clock.isRunning && !isOver) {
      reports.tick(nowMs, clock.driftPpm);
      nextMs = Math.min(nextMs, parts.advanced(nowMs), Math.max(renderer.nextMs(), nowMs));
    }
    lookAt(Math.max(nextMs, nowMs + 2 * sameInstantMs));
  }

  function open(reason: OpeningReason): void {
    carrier.open(reason);
    lookAt(scheduler.now());
  }

  /** What lies on the tape before this index is heard, or was rendered. */
  function stopStream(end: number): void {
    carrier.close();
    clock.coast(scheduler.now());
    tape.truncate(end);
  }

  /** How far a stream that is stopped now is still heard. */
  function endOfSound(): number {
    const reached = clock.indexAt(scheduler.now()) + carrier.tailFrames;
    return Math.max(renderer.cursor, Math.floor(Math.min(reached, carrier.handedEnd)));
  }

  function opened(reason: OpeningReason): void {
    // After a cut, what is written in the same breath comes first, and no silence before it.
    if (reason === 'first') feed(scheduler.now(), true);
    lookAt(scheduler.now());
  }

  function learnt(news: PlayoutNews, reason: OpeningReason | undefined): void {
    const nowMs = scheduler.now();
    if (reason !== 'first') {
      restraint.learn(news, nowMs);
      return;
    }
    // Late timers may not have handed over what the device, by its clock, has come to: what is written next lies there.
    renderer.begin(Math.min(Math.ceil(clock.indexAt(nowMs)), tape.end));
    reports.open(nowMs);
    parts.started();
    lookAt(nowMs);
  }

  function end(): void {
    isOver = true;
    timer.unsubscribe();
    renderer.stop();
    carrier.close();
  }

  function fail(error: unknown): void {
    if (isOver) return;
    measureHeard(scheduler.now());
    end();
    parts.failed(error);
  }

  return {
    get driftPpm() {
      return clock.driftPpm;
    },
    get written() {
      return tape.written;
    },
    start: () => open('first'),
    heard: () => measureHeard(scheduler.now()),
    endOfWrittenMs(count) {
      const index = tape.endOfWritten(count);
      return index === undefined ? undefined : clock.msAt(index);
    },
    lookAt,
    catchUp: () => advance('audio'),
    wake() {
      if (carrier.isConnected) advance('audio');
      else if (!isOver) open('wake');
    },
    cutSoft() {
      advance('nothing');
      const { writer } = carrier;
      if (!writer || tape.written === tape.writtenBefore(renderer.cursor)) return;
      guarded(() => {
        // What was rendered stays: if the driver gives back some of it, it is handed over again with what comes next.
        tape.truncate(Math.max(renderer.cursor, writer.recall()));
      });
      // Whoever writes again does it now; if nobody does, silence follows.
      lookAt(scheduler.now());
    },
    cutHard() {
      advance('nothing');
      if (isOver) return;
      const end = endOfSound();
      heard = tape.writtenBefore(end);
      if (tape.written === heard) return;
      stopStream(end);
      open('cut');
    },
    sleep: () => stopStream(renderer.cursor),
    close() {
      advance('nothing');
      if (!isOver) heard = tape.writtenBefore(renderer.cursor);
      end();
      return heard;
    },
  };
}
