import type { SchedulerLike } from 'rxjs';
import type { PcmFormat } from '../audio/audio-frame.js';
import type { PlayoutClock, PlayoutNews } from './playout-clock.js';
import { connectPlayout, type PlayoutConnection } from './playout-connection.js';
import type { PlayoutDriver, PlayoutDriverReport, PlayoutStream } from './playout-driver.js';
import { playoutBroke } from './playout-errors.js';
import type { PlayoutReports } from './playout-reports.js';
import type { PlayoutTape } from './playout-tape.js';
import { createPlayoutWatch } from './playout-watch.js';
import { createPlayoutWriter, type PlayoutWriter } from './playout-writer.js';
import type { LoudspeakerSettings } from './streamed-loudspeaker-options.js';

/** Why a stream is opened: the first of a sink, another one after a hard flush, or because there is audio again. */
export type OpeningReason = 'first' | 'cut' | 'wake';

/** What a carrier works on, and whom it tells. */
export interface PlayoutCarrierParts {
  readonly driver: PlayoutDriver;
  readonly format: PcmFormat;
  readonly scheduler: SchedulerLike;
  readonly settings: LoudspeakerSettings;
  readonly tape: PlayoutTape;
  readonly clock: PlayoutClock;
  readonly reports: PlayoutReports;
  /** Samples can be handed over. */
  opened(reason: OpeningReason): void;
  /** The clock has learnt something. @param reason - why the stream that is audible now was opened, when the news is that it is. */
  learnt(news: PlayoutNews, reason: OpeningReason | undefined): void;
  failed(error: unknown): void;
}

/** Carries a tape to the device, over one driver stream after the other. */
export interface PlayoutCarrier {
  /** A stream is open, or being opened. */
  readonly isConnected: boolean;
  /** A stream is open and known to be audible. */
  readonly isAudible: boolean;
  /** Hands the tape over; undefined while nothing is open. */
  readonly writer: PlayoutWriter | undefined;
  /** How much of the tape has to be there, ahead of what is audible. Sample frames. */
  readonly leadFrames: number;
  /** How much is still heard of a stream that is closed. Sample frames. */
  readonly tailFrames: number;
  /** Before this index only silence may be on the tape. */
  readonly audioFrom: number;
  /** Behind what was handed over: the device cannot have come further. Index on the tape. */
  readonly handedEnd: number;
  /** How much further the clock is than a stream can be of which nothing was heard yet. Sample frames. */
  excessAt(nowMs: number): number;
  open(reason: OpeningReason): void;
  close(): void;
  /** The stream begins later on the tape than was thought, by this much. */
  shift(by: number): void;
  /** Called every few ms. */
  tick(nowMs: number): void;
}

/** More than any sound server holds. Units: ms. */
const mostLeadMs = 5000;
/** More would be no cut. Units: ms. */
const mostTailMs = 100;

interface OpenStream {
  readonly writer: PlayoutWriter;
  readonly leadFrames: number;
  readonly tailFrames: number;
  /** Frames of the device. */
  readonly perMs: number;
  readonly openedMs: number;
  base: number;
  audioFrom: number;
}

export function createPlayoutCarrier(parts: PlayoutCarrierParts): PlayoutCarrier {
  const { driver, format, scheduler, settings, tape, clock, reports, failed } = parts;
  const { label } = driver;
  const perMs = format.sampleRateHz / 1000;
  const watch = createPlayoutWatch({ label, ...settings });
  let connection: PlayoutConnection | undefined;
  let stream: OpenStream | undefined;
  /** Why the stream was opened, until it is audible. */
  let opening: OpeningReason | undefined;

  function opened(report: PlayoutStream): void {
    if (stream) throw playoutBroke(label, 'said twice that it is open');
    const { leadMs, tailMs = 0 } = report;
    if (!(leadMs >= 0 && leadMs <= mostLeadMs)) {
      throw playoutBroke(label, `needs ${leadMs} ms of lead, which must be from 0 to ${mostLeadMs}`);
    }
    if (!(tailMs >= 0 && tailMs <= mostTailMs)) {
      throw playoutBroke(label, `has a tail of ${tailMs} ms, which must be from 0 to ${mostTailMs}`);
    }
    const nowMs = scheduler.now();
    const base = clock.begin(nowMs, format.sampleRateHz / report.format.sampleRateHz, tape.end);
    tape.appendSilence(base - tape.end);
    const writer = createPlayoutWriter(label, format, report, tape, base);
    const preRollMs = opening === 'cut' ? 0 : settings.wake.preRollMs;
    stream = {
      writer,
      // What is handed over has to last for two periods at least: one may come late.
      leadFrames:
        Math.ceil(Math.max(leadMs, settings.leadMs, 2 * settings.periodMs) * perMs) + writer.lookahead,
      tailFrames: Math.round(tailMs * perMs),
      perMs: report.format.sampleRateHz / 1000,
      openedMs: nowMs,
      base,
      audioFrom: base + Math.ceil(preRollMs * perMs),
    };
    watch.opened(nowMs);
    if (preRollMs > 0) reports.fact('sink-woken', `${preRollMs} ms of silence are sent first`);
    parts.opened(opening ?? 'first');
  }

  function located(open: OpenStream, playedFrames: number, atMs: number): void {
    const error = watch.report(playedFrames / open.perMs, atMs, scheduler.now());
    if (error) {
      failed(error);
      return;
    }
    const news = clock.observe(playedFrames, atMs);
    if (!opening) {
      reports.arrival(atMs - clock.msAt(open.base + playedFrames * open.writer.framesPerDeviceFrame));
    }
    if (!news) return;
    const reason = opening;
    if (news.type === 'audible') opening = undefined;
    parts.learnt(news, reason);
  }

  function hear(report: PlayoutDriverReport): void {
    if (report.type === 'opened') {
      try {
        opened(report.stream);
      } catch (error) {
        failed(error);
      }
    } else if (!stream) {
      failed(playoutBroke(label, 'told something before it said that it is open'));
    } else if (report.type === 'xrun') {
      clock.disturb();
      reports.xrun(scheduler.now(), 'driver', report.detail);
    } else if (Number.isFinite(report.playedFrames) && Number.isFinite(report.atMs)) {
      located(stream, report.playedFrames, Math.min(report.atMs, scheduler.now()));
    } else {
      failed(playoutBroke(label, `told the position ${report.playedFrames} at ${report.atMs} ms`));
    }
  }

  return {
    get isConnected() {
      return connection !== undefined;
    },
    get isAudible() {
      return stream !== undefined && opening === undefined;
    },
    get writer() {
      return stream?.writer;
    },
    get leadFrames() {
      return stream?.leadFrames ?? 0;
    },
    get tailFrames() {
      return stream?.tailFrames ?? 0;
    },
    get audioFrom() {
      return stream?.audioFrom ?? 0;
    },
    get handedEnd() {
      return stream ? stream.base + stream.writer.handed : tape.end;
    },
    excessAt: (nowMs) => (stream ? clock.excessAt(nowMs, nowMs - stream.openedMs - watch.quietMs) : 0),
    open(reason) {
      opening = reason;
      // After a cut the device is known to play; asleep or new, it may take as long as it takes to wake.
      const startsWithinMs = reason === 'cut' ? settings.stallMs + clock.startMs : settings.openTimeoutMs;
      watch.open(scheduler.now(), startsWithinMs, reason === 'first');
      connectPlayout(driver, (connecting) => {
        connection = connecting;
        return { next: hear, failed };
      });
    },
    close() {
      connection?.close();
      connection = undefined;
      stream = undefined;
      opening = undefined;
      watch.close();
    },
    shift(by) {
      if (!stream) return;
      stream.base += by;
      stream.audioFrom += by;
      stream.writer.shift(by);
      clock.shift(by);
    },
    tick(nowMs) {
      const error = watch.tick(nowMs);
      if (error) failed(error);
    },
  };
}
