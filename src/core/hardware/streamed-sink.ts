import { defer, Observable, of, type SchedulerLike, Subject, type Subscriber, throwError } from 'rxjs';
import type { AudioFrame, PcmFormat } from '../audio/audio-frame.js';
import { createSampleQueue } from '../audio/sample-queue.js';
import type { VoiceError } from '../errors.js';
import { clipInPlace } from '../pacing/clip.js';
import { closedError, refuseOtherFormat } from '../pacing/device-errors.js';
import type { AudioSink, PlayoutPosition } from '../ports/audio-sink.js';
import type { PlayoutDriver } from './playout-driver.js';
import { openingFailed, playoutLost } from './playout-errors.js';
import { createPlayoutLine } from './playout-line.js';
import type { PlayoutReports } from './playout-reports.js';
import type { PlayoutTimeline } from './playout-timeline.js';
import type { LoudspeakerSettings } from './streamed-loudspeaker-options.js';

/** What one opening of a loudspeaker is made of, and whom it tells. */
export interface StreamedSinkParts {
  readonly driver: PlayoutDriver;
  readonly format: PcmFormat;
  readonly scheduler: SchedulerLike;
  readonly settings: LoudspeakerSettings;
  readonly timeline: PlayoutTimeline;
  readonly reports: PlayoutReports;
  /** What is known of the device from before. */
  readonly driftPpm: number;
  /** The device is audible. */
  started(sink: AudioSink): void;
  failed(error: unknown): void;
}

/** An opening of a loudspeaker. */
export interface StreamedSink {
  readonly sink: AudioSink;
  readonly driftPpm: number | null;
  /** Open the device. Called once. */
  start(): void;
}

/** Somebody who waits until so much was heard. */
interface Drain {
  target: number;
  readonly subscriber: Subscriber<PlayoutPosition>;
}

/** A sink over a driver: the queue, the position and the drains; the rest is the line's. Counts are sample frames. */
export function createStreamedSink(parts: StreamedSinkParts): StreamedSink {
  const { driver, format, scheduler, settings, reports } = parts;
  const { channels, sampleRateHz } = format;
  const toMs = (sampleFrames: number): number => (sampleFrames * 1000) / sampleRateHz;
  const mostQueued = Math.min(
    Math.floor((settings.maxQueuedMs * sampleRateHz) / 1000),
    Math.floor(2 ** 28 / channels),
  );
  const queue = createSampleQueue(mostQueued * channels);
  const queued = (): number => queue.length / channels;
  const rendered$ = new Subject<AudioFrame>();
  let drains: Drain[] = [];
  let state: 'opening' | 'open' | 'closed' | VoiceError = 'opening';
  const isOpen = (): boolean => state === 'open';
  /** What was heard in all, once it is over. */
  let heardAtEnd = 0;
  let lastAudioMs = 0;
  let isAsleep = false;

  const line = createPlayoutLine({
    ...parts,
    take(frames) {
      const samples = queue.shift(Math.min(frames, queued()) * channels);
      clipInPlace(samples);
      return samples;
    },
    render: (frame) => rendered$.next(frame),
    started() {
      state = 'open';
      lastAudioMs = scheduler.now();
      parts.started(sink);
    },
    advanced(nowMs) {
      settleDrains();
      fallAsleep(nowMs);
      const [first] = drains;
      return (first && line.endOfWrittenMs(first.target)) ?? Infinity;
    },
    failed: lose,
  });

  function current(): PlayoutPosition {
    if (!isOpen()) return { heardMs: toMs(heardAtEnd), queuedMs: 0 };
    const heard = line.heard();
    return { heardMs: toMs(heard), queuedMs: toMs(line.written + queued() - heard) };
  }

  function position(): PlayoutPosition {
    if (isOpen()) line.catchUp();
    return current();
  }

  /** Tell everybody whose audio was heard by now. They are in the order of their targets. */
  function settleDrains(): void {
    if (drains.length === 0) return;
    const heard = line.heard();
    while (isOpen() && (drains[0]?.target ?? Infinity) <= heard) finish(drains.shift() as Drain);
  }

  function finish({ subscriber }: Drain): void {
    subscriber.next(current());
    subscriber.complete();
  }

  function fallAsleep(nowMs: number): void {
    if (!isOpen() || isAsleep) return;
    if (queue.length > 0 || line.heard() < line.written) lastAudioMs = nowMs;
    if (nowMs - lastAudioMs < settings.wake.sleepsAfterMs) return;
    isAsleep = true;
    line.sleep();
  }

  function write(frame: AudioFrame): void {
    if (!isOpen()) throw closedError(state instanceof Error ? state : undefined);
    refuseOtherFormat(format, frame);
    const accepted = queue.push(frame.samples);
    const nowMs = scheduler.now();
    if (accepted < frame.samples.length) {
      reports.dropped(nowMs, toMs((frame.samples.length - accepted) / channels));
    }
    if (accepted === 0) return;
    isAsleep = false;
    lastAudioMs = nowMs;
    line.wake();
  }

  function flush(kind: 'hard' | 'soft' = 'hard'): PlayoutPosition {
    if (!isOpen()) return current();
    queue.clear();
    if (kind === 'soft' || settings.cut === 'soft') line.cutSoft();
    else line.cutHard();
    if (!isOpen()) return current();
    const end = line.written;
    for (const drain of drains) drain.target = Math.min(drain.target, end);
    settleDrains();
    return { heardMs: toMs(end), queuedMs: 0 };
  }

  function drain(): Observable<PlayoutPosition> {
    return defer(() => {
      if (state instanceof Error) {
        const lost = state;
        return throwError(() => lost);
      }
      const { queuedMs } = position();
      if (!isOpen() || queuedMs === 0) return of(current());
      return new Observable<PlayoutPosition>((subscriber) => {
        const waiting: Drain = { target: line.written + queued(), subscriber };
        drains.push(waiting);
        line.lookAt(line.endOfWrittenMs(waiting.target) ?? Infinity);
        return () => {
          drains = drains.filter((other) => other !== waiting);
        };
      });
    });
  }

  function close(): void {
    if (state !== 'open' && state !== 'opening') return;
    heardAtEnd = line.close();
    if (state !== 'open' && state !== 'opening') return;
    state = 'closed';
    queue.clear();
    for (const waiting of drains.splice(0)) finish(waiting);
    rendered$.complete();
  }

  function lose(cause: unknown): void {
    if (state !== 'open') {
      state = 'closed';
      parts.failed(openingFailed(driver.label, cause));
      return;
    }
    const lost = playoutLost(driver.label, cause);
    heardAtEnd = line.heard();
    state = lost;
    queue.clear();
    for (const { subscriber } of drains.splice(0)) subscriber.error(lost);
    rendered$.error(lost);
    parts.failed(lost);
  }

  const sink: AudioSink = {
    format,
    isSeamless: settings.cut === 'soft',
    write,
    flush,
    drain,
    position,
    rendered$: rendered$.asObservable(),
    close,
  };
  return {
    sink,
    get driftPpm() {
      return line.driftPpm;
    },
    start: line.start,
  };
}
